// SPDX-License-Identifier: Apache-2.0
#include "proxy/password_hash.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/base64.h"
#include "base/random.h"
#include "http/text.h"

namespace weir::proxy {
namespace {

constexpr std::string_view kScheme = "$scrypt$";
constexpr size_t kSaltSize = 16;
constexpr size_t kKeySize = 32;
constexpr size_t kLongest = 64;  // of a salt or a key that somebody else made
constexpr uint64_t kMostMemory = 256 << 20;

// Takes what stands before `end` off the text; all of it when there is none.
std::string_view take_until(std::string_view& text, char end) {
  auto part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

}  // namespace

bool PasswordHash::Cost::is_sane() const {
  return log2_n >= 1 && log2_n <= 20 && r >= 1 && r <= 32 && p >= 1 && p <= 16 &&
         128 * r * (uint64_t{1} << log2_n) <= kMostMemory;
}

std::optional<PasswordHash::Cost> PasswordHash::parse_cost(std::string_view text) {
  Cost cost;
  for (auto [name, value] : {std::pair{"ln=", &cost.log2_n}, {"r=", &cost.r}, {"p=", &cost.p}}) {
    auto part = take_until(text, ',');
    if (!part.starts_with(name)) return std::nullopt;
    auto number = http::parse_decimal(part.substr(std::string_view(name).size()));
    if (!number) return std::nullopt;
    *value = *number;
  }
  return text.empty() && cost.is_sane() ? std::optional(cost) : std::nullopt;
}

std::string PasswordHash::derive(const Secret& password, std::string_view salt, const Cost& cost, size_t size) {
  std::string key(size, '\0');
  int done =
      EVP_PBE_scrypt(password.reveal().data(), password.reveal().size(),
                     reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), uint64_t{1} << cost.log2_n,
                     cost.r, cost.p, 2 * kMostMemory, reinterpret_cast<unsigned char*>(key.data()), key.size());
  return done == 1 ? key : std::string();
}

PasswordHash PasswordHash::make(const Secret& password) {
  PasswordHash made;
  made.salt_ = random_bytes(kSaltSize);
  made.key_ = derive(password, made.salt_, made.cost_, kKeySize);
  if (made.key_.empty()) throw std::bad_alloc();
  return made;
}

std::optional<PasswordHash> PasswordHash::parse(std::string_view text) {
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  auto cost = parse_cost(take_until(text, '$'));
  auto salt = from_base64(take_until(text, '$'));
  auto key = from_base64(text);
  auto fits = [](const auto& part) { return part && part->size() >= 8 && part->size() <= kLongest; };
  if (!cost || !fits(salt) || !fits(key)) return std::nullopt;
  PasswordHash parsed;
  parsed.cost_ = *cost;
  parsed.salt_ = *salt;
  parsed.key_ = *key;
  return parsed;
}

std::string PasswordHash::text() const {
  return fmt::format("{}ln={},r={},p={}${}${}", kScheme, cost_.log2_n, cost_.r, cost_.p, to_base64(salt_),
                     to_base64(key_));
}

bool PasswordHash::matches(const Secret& password) const {
  auto derived = derive(password, salt_, cost_, key_.size());
  return derived.size() == key_.size() && CRYPTO_memcmp(derived.data(), key_.data(), key_.size()) == 0;
}

}  // namespace weir::proxy
