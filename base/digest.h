// SPDX-License-Identifier: Apache-2.0
// SHA-256 and SHA-1 digests as values, and the hashers that make them (FIPS 180-4, by OpenSSL).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace weir {

// A digest of N bytes.  Its text form is 2N lower-case hex digits; upper case is not taken, so a digest has one
// spelling.
template <size_t N>
struct Digest {
  std::array<uint8_t, N> bytes{};

  auto operator<=>(const Digest&) const = default;
  static std::optional<Digest> from_hex(std::string_view text);
  std::string hex() const;
};

using Sha256 = Digest<32>;
using Sha1 = Digest<20>;

extern template struct Digest<32>;
extern template struct Digest<20>;

// Hash for unordered containers: a digest is already evenly spread, so its first eight bytes serve.
struct DigestHash {
  template <size_t N>
  size_t operator()(const Digest<N>& digest) const {
    size_t value = 0;
    for (size_t i = 0; i < sizeof value; ++i) value = (value << 8) | digest.bytes[i];
    return value;
  }
};

// Hashes a stream of bytes.  Not thread-safe; may move between threads.
template <size_t N>
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(std::string_view bytes);
  // Ends the stream; the hasher is ready for a new one afterwards.
  Digest<N> finish();

 private:
  void reset();
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

using Sha256Hasher = Hasher<32>;
using Sha1Hasher = Hasher<20>;

extern template class Hasher<32>;
extern template class Hasher<20>;

Sha256 sha256(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104): what Weir keeps in place of secrets and signed URLs.
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);

// Lower-case hex of any bytes.
std::string to_hex(std::string_view bytes);

}  // namespace weir
