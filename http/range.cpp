// SPDX-License-Identifier: Apache-2.0
#include "http/range.h"

#include <algorithm>
#include <tuple>

#include "http/text.h"

namespace weir::http {
namespace {

// A gap smaller than the head of a part costs less than the part (RFC 9110, section 15.3.7.2: around 80 bytes).
constexpr uint64_t kMinGap = 80;

struct Run {
  AnsweredRange answered;
  size_t place = 0;  // among what was asked for
};

bool are_near(ByteRange first, ByteRange second) {
  return second.begin <= first.end || second.begin - first.end < kMinGap;
}

// `runs` are ordered by their begins.
std::vector<Run> merged(const std::vector<Run>& runs) {
  std::vector<Run> kept;
  for (const auto& run : runs) {
    if (kept.empty() || !are_near(kept.back().answered.range, run.answered.range)) {
      kept.push_back(run);
      continue;
    }
    auto& [answered, place] = kept.back();
    answered.range.end = std::max(answered.range.end, run.answered.range.end);
    place = std::min(place, run.place);
    if (run.answered.kind == RangeSpec::Kind::open) answered.kind = RangeSpec::Kind::open;
  }
  return kept;
}

std::optional<RangeSpec> parse_spec(std::string_view text) {
  size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto first = parse_decimal(text.substr(0, dash));
  auto last = parse_decimal(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    return RangeSpec{RangeSpec::Kind::suffix, *last, 0};
  }
  if (!first) return std::nullopt;
  if (dash + 1 == text.size()) return RangeSpec{RangeSpec::Kind::open, *first, 0};
  if (!last || *last < *first) return std::nullopt;
  return RangeSpec{RangeSpec::Kind::closed, *first, *last};
}

// What stands behind "bytes" and `separator`; units have no case (RFC 9110, section 14.1).
std::optional<std::string_view> after_unit(std::string_view value, char separator) {
  constexpr std::string_view kUnit = "bytes";
  if (value.size() <= kUnit.size() || !starts_with_ignoring_case(value, kUnit)) return std::nullopt;
  if (value[kUnit.size()] != separator) return std::nullopt;
  return value.substr(kUnit.size() + 1);
}

}  // namespace

std::optional<ByteRange> RangeSpec::within(uint64_t size) const {
  if (size == 0) return std::nullopt;  // a Content-Range cannot say "no bytes of none"
  if (kind == Kind::suffix) {
    if (first == 0) return std::nullopt;
    return ByteRange{size - std::min(first, size), size};
  }
  if (first >= size) return std::nullopt;
  if (kind == Kind::open) return ByteRange{first, size};
  return ByteRange{first, std::min(last, size - 1) + 1};
}

std::vector<RangeSpec> parse_range(std::string_view value) {
  auto rest = after_unit(value, '=');
  if (!rest) return {};
  std::vector<RangeSpec> specs;
  while (!rest->empty()) {
    std::string_view element = next_element(*rest);
    if (element.empty()) continue;  // allowed in a list (RFC 9110, section 5.6.1.2)
    auto spec = parse_spec(element);
    if (!spec) return {};
    specs.push_back(*spec);
  }
  return specs;
}

RangeVerdict judge_ranges(const std::vector<RangeSpec>& specs, uint64_t size) {
  if (specs.empty()) return {};
  std::vector<Run> runs;
  for (const auto& spec : specs)
    if (auto range = spec.within(size)) runs.push_back({{*range, spec.kind}, runs.size()});
  if (runs.empty()) return {RangeVerdict::Kind::unsatisfiable, {}};
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
    return std::tie(a.answered.range.begin, a.place) < std::tie(b.answered.range.begin, b.place);
  });
  runs = merged(runs);
  if (runs.size() > kMaxParts) return {};
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.place < b.place; });
  RangeVerdict verdict{runs.size() == 1 ? RangeVerdict::Kind::part : RangeVerdict::Kind::parts, {}};
  for (const auto& run : runs) verdict.ranges.push_back(run.answered);
  return verdict;
}

std::optional<ContentRange> parse_content_range(std::string_view value) {
  auto rest = after_unit(value, ' ');
  if (!rest) return std::nullopt;
  size_t slash = rest->find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto spec = parse_spec(rest->substr(0, slash));
  auto size = parse_decimal(rest->substr(slash + 1));
  if (!spec || spec->kind != RangeSpec::Kind::closed || !size || spec->last >= *size) return std::nullopt;
  return ContentRange{ByteRange{spec->first, spec->last + 1}, *size};
}

std::string content_range(ByteRange range, uint64_t size) {
  return "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" + std::to_string(size);
}

std::string unsatisfied_range(uint64_t size) {
  return "bytes */" + std::to_string(size);
}

}  // namespace weir::http
