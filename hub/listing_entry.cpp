// SPDX-License-Identifier: Apache-2.0
#include "hub/listing_entry.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/text.h"
#include "hub/json_members.h"

namespace weir::hub {
namespace {

constexpr std::string_view kXetHash = "xetHash";

// Integers exactly; 5e10 and the like, which JSON allows, as near as it matters.  Nothing for what is no size.
std::optional<uint64_t> size_of(std::string_view number) {
  if (auto exact = http::parse_decimal(number)) return exact;
  double value = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !(value >= 0 && value < 1e18))
    return std::nullopt;
  return static_cast<uint64_t>(value);
}

std::optional<uint64_t> larger(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  return a && b ? std::max(a, b) : (a ? a : b);
}

std::optional<uint64_t> size_in_lfs(std::string_view lfs) {
  std::optional<uint64_t> size;
  JsonMembers members(lfs);
  while (auto member = members.next())
    if (member->key == "size") size = larger(size, size_of(member->value));
  return size;
}

std::optional<uint64_t> size_in(const JsonMember& member) {
  if (member.key == "size") return size_of(member.value);
  if (member.key == "lfs") return size_in_lfs(member.value);
  return std::nullopt;
}

struct Copied {
  std::optional<uint64_t> size;
  bool found_hash = false;
  bool complete = false;
};

// Appends the object without its xetHash.  A member that stays brings the separator in front of it along, but for the
// first.
Copied copy_without_hash(std::string_view entry, std::string& out) {
  Copied copied;
  JsonMembers members(entry);
  bool first_place_taken = false;
  std::string_view first_separator;
  out += '{';
  while (auto member = members.next()) {
    copied.size = larger(copied.size, size_in(*member));
    if (!first_separator.data()) first_separator = member->separator;
    if (member->key == kXetHash) {
      copied.found_hash = true;
      continue;
    }
    out += first_place_taken ? member->separator : first_separator;
    out += member->text;
    first_place_taken = true;
  }
  out += members.rest();
  copied.complete = members.complete();
  return copied;
}

}  // namespace

EntryOutcome strip_entry(std::string_view entry, uint64_t max_size, std::string& out) {
  const size_t begin = out.size();
  Copied copied;
  if (entry.find("\"xetHash\"") != std::string_view::npos) copied = copy_without_hash(entry, out);
  // A size that is not there could be any.  The hash goes then, too: the hub's answer to the file's own request names
  // the size, and it keeps the Xet signs of a file that needs them.
  bool strips = copied.found_hash && copied.complete && copied.size.value_or(0) <= max_size;
  if (strips) return EntryOutcome::stripped;
  out.resize(begin);
  out += entry;
  return copied.found_hash && copied.complete ? EntryOutcome::over_limit : EntryOutcome::unchanged;
}

}  // namespace weir::hub
