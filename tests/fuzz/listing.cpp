// SPDX-License-Identifier: Apache-2.0
// The filter of listings: the same at every cut, nothing but members xetHash left out, and those where they must be.
#include "hub/listing_filter.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;
using Json = nlohmann::ordered_json;

constexpr uint64_t kLimit = 1000;

std::string filtered(const std::vector<std::string_view>& pieces) {
  hub::ListingFilter filter(kLimit);
  std::string out;
  for (auto piece : pieces) filter.feed(piece, out);
  filter.finish(out);
  return out;
}

bool is_subsequence(std::string_view part, std::string_view whole) {
  for (char c : whole)
    if (!part.empty() && part.front() == c) part.remove_prefix(1);
  return part.empty();
}

// Nothing for what is no JSON, or where a member stands twice: readers differ about those.
std::optional<Json> read_plainly(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  bool doubled = false;
  auto look = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) doubled |= !keys.back().insert(parsed.get<std::string>()).second;
    return true;
  };
  auto json = Json::parse(text, look, false);
  if (json.is_discarded() || doubled) return std::nullopt;
  return json;
}

std::optional<uint64_t> size_of(const Json& holder) {
  auto found = holder.find("size");
  if (found == holder.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<uint64_t>();
}

void check_entry(const Json& before, const Json& after) {
  if (before == after && (!before.is_object() || !before.contains("xetHash"))) return;
  auto stripped = before;
  stripped.erase("xetHash");
  require(after == before || after == stripped, "an entry loses its xetHash and nothing else");
  auto lfs = before.find("lfs");
  bool has_lfs = lfs != before.end();
  bool sized = before.contains("size");
  auto own = size_of(before);
  auto inner = has_lfs && lfs->is_object() ? size_of(*lfs) : std::nullopt;
  if ((own && *own > kLimit) || (inner && *inner > kLimit)) require(after == before, "a large file keeps its hash");
  if (!has_lfs && (!sized || (own && *own <= kLimit))) require(after == stripped, "a small file loses its hash");
}

void check_entries(const Json& before, const Json& after) {
  require(before.size() == after.size(), "no entry is lost");
  for (size_t i = 0; i < before.size(); ++i) check_entry(before[i], after[i]);
}

// A reader's array or object, nested no deeper than the filter looks.  The reader here takes a NUL for the end, and
// skips a byte order mark.
bool is_plain_document(std::string_view text) {
  if (text.starts_with("\xEF") || text.find('\0') != std::string_view::npos ||
      std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; }) >
          static_cast<std::ptrdiff_t>(hub::ListingFilter::kMaxDepth))
    return false;
  auto json = Json::parse(text, nullptr, false);
  return json.is_structured();
}

void check_end(const std::vector<std::string_view>& pieces, std::string_view whole) {
  hub::ListingFilter filter(kLimit);
  std::string out;
  for (auto piece : pieces) filter.feed(piece, out);
  filter.finish(out);
  if (is_plain_document(whole)) require(filter.complete(), "a document that readers take is complete");
  if (whole.empty() || whole.find_last_of("]}") == std::string_view::npos)
    require(!filter.complete(), "what has no end is not complete");
}

void check_document(std::string_view input, const std::string& output) {
  // A name may be written with escapes, which the hub never does, and which the filter does not look behind.
  if (input.find('\\') != std::string_view::npos) return;
  auto before = read_plainly(input);
  if (!before) return;
  auto after = read_plainly(output);
  require(after.has_value(), "what was JSON stays JSON");
  if (before->is_array()) return check_entries(*before, *after);
  if (!before->is_object()) return require(*before == *after, "a scalar stays as it is");
  auto siblings = before->find("siblings");
  if (siblings != before->end() && siblings->is_array()) check_entries(*siblings, (*after)["siblings"]);
  auto rest = [](Json json) {
    json.erase("siblings");
    return json;
  };
  require(rest(*before) == rest(*after), "all else stays as it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = fuzz::text_of(data, size);
  auto whole = filtered({input});
  for (const auto& pieces : fuzz::cuts_of(input)) {
    require(filtered(pieces) == whole, "the output does not depend on where the input is cut");
    check_end(pieces, input);
  }
  require(is_subsequence(whole, input), "bytes are left out and never changed");
  check_document(input, whole);
  return 0;
}
