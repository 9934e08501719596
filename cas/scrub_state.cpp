// SPDX-License-Identifier: Apache-2.0
#include "cas/scrub_state.h"

#include <algorithm>
#include <charconv>

namespace weir::cas {
namespace {

constexpr std::string_view kBegun = "begun ";
constexpr std::string_view kAfter = "after ";

// The rest of the line that begins with `key`, which is taken off `text`.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view key) {
  auto end = text.find('\n');
  if (!text.starts_with(key) || end == std::string_view::npos) return std::nullopt;
  auto rest = text.substr(key.size(), end - key.size());
  text.remove_prefix(end + 1);
  return rest;
}

}  // namespace

std::string format_scrub_state(const ScrubState& state) {
  auto text = std::string(kBegun) + std::to_string(unix_seconds(state.begun)) + "\n";
  if (state.after) text += std::string(kAfter) + state.after->hex() + "\n";
  return text;
}

std::optional<ScrubState> parse_scrub_state(std::string_view text) {
  auto begun = take_line(text, kBegun);
  if (!begun) return std::nullopt;
  int32_t seconds = 0;
  auto [stopped, error] = std::from_chars(begun->data(), begun->data() + begun->size(), seconds);
  if (error != std::errc() || stopped != begun->data() + begun->size() || seconds < 0) return std::nullopt;
  ScrubState state{WallTime(std::chrono::seconds(seconds)), std::nullopt};
  if (text.empty()) return state;
  auto after = take_line(text, kAfter);
  state.after = after ? Sha256::from_hex(*after) : std::nullopt;
  return state.after && text.empty() ? std::optional(state) : std::nullopt;
}

Duration until_next_blob(const ScrubState& state, Duration every, WallTime now) {
  if (state.after) return Duration(0);
  auto passed = std::max(Duration(0), std::chrono::floor<Duration>(now - state.begun));
  return std::max(Duration(0), every - passed);
}

}  // namespace weir::cas
