// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

namespace weir {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

const EVP_MD* algorithm(size_t size) {
  return size == 32 ? EVP_sha256() : EVP_sha1();
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

template <size_t N>
std::optional<Digest<N>> Digest<N>::from_hex(std::string_view text) {
  if (text.size() != 2 * N) return std::nullopt;
  Digest digest;
  for (size_t i = 0; i < N; ++i) {
    int high = hex_value(text[2 * i]);
    int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return digest;
}

template <size_t N>
std::string Digest<N>::hex() const {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), N});
}

template <size_t N>
void Hasher<N>::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

template <size_t N>
Hasher<N>::Hasher() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  reset();
}

template <size_t N>
Hasher<N>::~Hasher() = default;
template <size_t N>
Hasher<N>::Hasher(Hasher&&) noexcept = default;
template <size_t N>
Hasher<N>& Hasher<N>::operator=(Hasher&&) noexcept = default;

template <size_t N>
void Hasher<N>::reset() {
  EVP_DigestInit_ex(context_.get(), algorithm(N), nullptr);
}

template <size_t N>
void Hasher<N>::update(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

template <size_t N>
Digest<N> Hasher<N>::finish() {
  Digest<N> digest;
  EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), nullptr);
  reset();
  return digest;
}

template struct Digest<32>;
template struct Digest<20>;
template class Hasher<32>;
template class Hasher<20>;

Sha256 sha256(std::string_view bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256 digest;
  // OpenSSL takes no null pointer for an empty key.
  const void* key_address = key.data() ? key.data() : "";
  auto* made = HMAC(EVP_sha256(), key_address, static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.bytes.data(), nullptr);
  if (!made) throw std::bad_alloc();
  return digest;
}

}  // namespace weir
