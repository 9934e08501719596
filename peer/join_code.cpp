// SPDX-License-Identifier: Apache-2.0
#include "peer/join_code.h"

#include <algorithm>

namespace weir::peer {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr size_t kCharacters = 2 * kCodeHalf * 8 / 5;
constexpr size_t kGroup = 4;

// Of a multiple of five bytes: no padding.
std::string to_base32(std::string_view bytes) {
  std::string text;
  unsigned waiting = 0;  // bits
  unsigned bits = 0;
  for (char byte : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(byte)) & 0xfff;
    for (waiting += 8; waiting >= 5; waiting -= 5) text += kAlphabet[bits >> (waiting - 5) & 31];
  }
  return text;
}

std::optional<unsigned> value_of(char character) {
  char upper = character >= 'a' && character <= 'z' ? static_cast<char>(character - 'a' + 'A') : character;
  auto found = kAlphabet.find(upper);
  if (found == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(found);
}

// Of a multiple of eight characters.
std::optional<std::string> from_base32(std::string_view text) {
  std::string bytes;
  unsigned waiting = 0;
  unsigned bits = 0;
  for (char character : text) {
    auto value = value_of(character);
    if (!value) return std::nullopt;
    bits = (bits << 5 | *value) & 0xfff;
    waiting += 5;
    if (waiting < 8) continue;
    waiting -= 8;
    bytes += static_cast<char>(bits >> waiting & 0xff);
  }
  return bytes;
}

}  // namespace

KeyPrefix prefix_of(const Sha256& spki) {
  KeyPrefix prefix;
  std::copy_n(spki.bytes.begin(), prefix.size(), prefix.begin());
  return prefix;
}

std::optional<JoinCode> JoinCode::parse(std::string_view text) {
  std::string plain(text);
  std::erase_if(plain, [](char character) { return character == ' ' || character == '-'; });
  if (plain.size() != kCharacters) return std::nullopt;
  auto bytes = from_base32(plain);
  if (!bytes) return std::nullopt;
  JoinCode code;
  std::copy_n(bytes->begin(), kCodeHalf, code.host.begin());
  code.secret = Secret(std::string_view(*bytes).substr(kCodeHalf));
  return code;
}

Secret JoinCode::text() const {
  auto plain = to_base32(std::string(host.begin(), host.end()) + secret.reveal());
  std::string grouped;
  for (size_t i = 0; i < plain.size(); i += kGroup) grouped += (i ? "-" : "") + plain.substr(i, kGroup);
  return Secret(grouped);
}

}  // namespace weir::peer
