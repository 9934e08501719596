// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <cstdint>

namespace weir {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned kBitsPerDigit = 6;
constexpr unsigned kBitsPerByte = 8;

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text;
  uint32_t bits = 0;
  unsigned count = 0;
  auto put = [&](uint32_t digit) { text += kAlphabet[digit & 0x3f]; };
  for (char byte : bytes) {
    bits = bits << kBitsPerByte | static_cast<uint8_t>(byte);
    for (count += kBitsPerByte; count >= kBitsPerDigit; count -= kBitsPerDigit) put(bits >> (count - kBitsPerDigit));
  }
  if (count > 0) put(bits << (kBitsPerDigit - count));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 == 0)
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  std::string bytes;
  uint32_t bits = 0;
  unsigned count = 0;
  for (char digit : text) {
    auto value = kAlphabet.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << kBitsPerDigit | static_cast<uint32_t>(value);
    count += kBitsPerDigit;
    if (count < kBitsPerByte) continue;
    count -= kBitsPerByte;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  bool unused_bits_set = (bits & ((1u << count) - 1)) != 0;
  return count >= kBitsPerDigit || unused_bits_set ? std::nullopt : std::optional(bytes);
}

}  // namespace weir
