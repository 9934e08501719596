// SPDX-License-Identifier: Apache-2.0
// Range and Content-Range: eight bytes of a file's size, then the value of the header.
#include "http/range.h"

#include <algorithm>
#include <string>

#include "http/multipart_ranges.h"
#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;
using Kind = http::RangeVerdict::Kind;

// Numbers of 128 bits cannot overflow here.
__extension__ typedef unsigned __int128 Wide;

constexpr uint64_t kWorthAPart = 80;

void check_header(std::string_view value, const std::vector<http::RangeSpec>& specs) {
  if (specs.empty()) return;
  auto list = value.substr(value.find('=') + 1);
  require(list.find_first_not_of("0123456789-, \t") == std::string_view::npos, "what is honoured holds only ranges");
  for (const auto& spec : specs)
    require(spec.kind != http::RangeSpec::Kind::closed || spec.first <= spec.last, "a range does not run backwards");
}

bool is_among(const ByteRange& inner, const std::vector<http::AnsweredRange>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const auto& each) { return each.range.begin <= inner.begin && inner.end <= each.range.end; });
}

void check_apart(std::vector<http::AnsweredRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](auto& a, auto& b) { return a.range.begin < b.range.begin; });
  for (size_t i = 1; i < ranges.size(); ++i) {
    require(ranges[i - 1].range.end < ranges[i].range.begin, "parts do not touch");
    require(ranges[i].range.begin - ranges[i - 1].range.end >= kWorthAPart, "gaps are worth a part");
  }
}

// How many bytes the satisfiable ranges ask for, gaps that are filled and overlaps counted with them.
void check_verdict(const http::RangeVerdict& verdict, const std::vector<http::RangeSpec>& specs, uint64_t size) {
  const auto& ranges = verdict.ranges;
  require(verdict.kind != Kind::part || ranges.size() == 1, "a part is one");
  require(verdict.kind != Kind::parts || (ranges.size() >= 2 && ranges.size() <= http::kMaxParts), "parts are several");
  bool satisfiable = false;
  for (const auto& spec : specs) {
    auto range = spec.within(size);
    if (!range) continue;
    satisfiable = true;
    require(range->begin < range->end && range->end <= size, "a range lies within the file");
    require(ranges.empty() || is_among(*range, ranges), "what was asked for is given");
  }
  require((verdict.kind == Kind::unsatisfiable) == (!specs.empty() && !satisfiable), "416 is for what cannot be given");
  for (const auto& each : ranges) {
    require(each.range.begin < each.range.end && each.range.end <= size, "a part lies within the file");
    auto begins = [&](const auto& spec) { return spec.within(size) && spec.within(size)->begin == each.range.begin; };
    auto ends = [&](const auto& spec) { return spec.within(size) && spec.within(size)->end == each.range.end; };
    require(std::any_of(specs.begin(), specs.end(), begins) && std::any_of(specs.begin(), specs.end(), ends),
            "a part begins and ends where it was asked to");
  }
  check_apart(ranges);
}

void check_multipart(const http::RangeVerdict& verdict, uint64_t size) {
  if (verdict.ranges.empty()) return;
  http::MultipartRanges multipart(verdict.ranges, size, "application/octet-stream", "0123456789abcdef");
  Wide length = multipart.end().size();
  for (size_t i = 0; i < verdict.ranges.size(); ++i) {
    auto head = multipart.head_of(i);
    length += head.size();
    length += verdict.ranges[i].range.size();
    auto value = head.substr(head.find("bytes "));
    auto told = http::parse_content_range(value.substr(0, value.find('\r')));
    require(told == http::ContentRange{verdict.ranges[i].range, size}, "a part's head tells its range");
  }
  require(multipart.length() == (length > UINT64_MAX ? UINT64_MAX : static_cast<uint64_t>(length)),
          "the length is that of all parts with their heads");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  auto file_size = input.number();
  auto value = input.rest();
  auto specs = http::parse_range(value);
  check_header(value, specs);
  auto verdict = http::judge_ranges(specs, file_size);
  check_verdict(verdict, specs, file_size);
  check_multipart(verdict, file_size);
  if (auto told = http::parse_content_range(value)) {
    require(told->range.begin < told->range.end && told->range.end <= told->size, "a Content-Range lies in its file");
    require(http::parse_content_range(http::content_range(told->range, told->size)) == told,
            "a Content-Range survives being written and read again");
  }
  return 0;
}
