// SPDX-License-Identifier: Apache-2.0
#include "peer/runs.h"

#include <algorithm>

#include "http/text.h"

namespace weir::peer {
namespace {

// "0-99"; the last byte is below `size`.
std::optional<ByteRange> parse_run(std::string_view text, uint64_t size) {
  auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto first = http::parse_decimal(text.substr(0, dash));
  auto last = http::parse_decimal(text.substr(dash + 1));
  if (!first || !last || *first > *last || *last >= size) return std::nullopt;
  return ByteRange{*first, *last + 1};
}

void keep_longest(std::vector<ByteRange>& runs) {
  auto nth = runs.begin() + kMostRuns;
  std::nth_element(runs.begin(), nth, runs.end(), [](auto one, auto other) { return one.size() > other.size(); });
  runs.resize(kMostRuns);
  std::sort(runs.begin(), runs.end(), [](auto one, auto other) { return one.begin < other.begin; });
}

}  // namespace

std::string format_runs(std::vector<ByteRange> runs) {
  std::erase_if(runs, [](ByteRange run) { return run.empty(); });
  if (runs.size() > kMostRuns) keep_longest(runs);
  std::string text;
  for (auto run : runs)
    text += (text.empty() ? "" : ", ") + std::to_string(run.begin) + "-" + std::to_string(run.end - 1);
  return text;
}

std::optional<std::vector<ByteRange>> parse_runs(std::string_view text, uint64_t size) {
  std::vector<ByteRange> runs;
  while (!text.empty()) {
    auto comma = std::min(text.find(','), text.size());
    auto run = parse_run(text.substr(0, comma), size);
    bool in_order = run && (runs.empty() || runs.back().end < run->begin);
    if (!in_order || runs.size() == kMostRuns) return std::nullopt;
    runs.push_back(*run);
    bool more = comma < text.size();
    text.remove_prefix(std::min(text.size(), comma + 1));
    if (text.starts_with(' ')) text.remove_prefix(1);
    if (more && text.empty()) return std::nullopt;
  }
  return runs;
}

bool covers(const std::vector<ByteRange>& runs, ByteRange range) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](ByteRange run) { return run.begin <= range.begin && range.end <= run.end; });
}

}  // namespace weir::peer
