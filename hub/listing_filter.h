// SPDX-License-Identifier: Apache-2.0
// Takes the Xet hashes out of the hub's listings while they stream by, so that clients read the files over plain HTTP.
// Pure.
//
// An entry is an object that is an element of the top-level array (tree, paths-info), or of the array "siblings" of the
// top-level object (repository info).  One entry is held at a time; one above kMaxEntry passes unchanged, as does
// everything from the first byte on that cannot be JSON or nests deeper than kMaxDepth.  All other bytes are copied:
// the output does not depend on where the input is cut.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "hub/xet.h"

namespace weir::hub {

class ListingFilter {
 public:
  static constexpr size_t kMaxEntry = 64 << 10;
  static constexpr size_t kMaxDepth = 256;

  // Files above `max_size` keep their hash.
  explicit ListingFilter(uint64_t max_size = kMaxPlainSize) : max_size_(max_size) {}

  // Takes the next bytes and appends to `out` what can go on.
  void feed(std::string_view in, std::string& out);
  // The input has ended; an entry that it left open is appended as it is.
  void finish(std::string& out);

  // The top-level object's member "sha", once it has passed: the commit, in a repository's info.  "" when there is
  // none.
  const std::string& commit() const { return commit_; }
  // Whether what came up to now is one array or object, balanced to its end, and nothing but space around it.  Values
  // are not checked.
  bool complete() const { return complete_; }
  uint64_t entries_stripped() const { return stripped_; }
  // Entries that kept their hash because their file is above the limit.
  uint64_t entries_over_limit() const { return over_limit_; }

 private:
  enum class Entry {
    none,     // outside
    held,     // inside one, which is collected
    passing,  // inside one that is too large
  };

  size_t skip_string(std::string_view in, size_t at);
  void on_opening(char c);
  // False when it does not close what was opened last.
  bool on_closing(char c);
  bool opens_entry(char c) const;
  bool opens_entries(char c) const;
  void take(std::string_view bytes, std::string& out);
  void end_entry(std::string& out);
  void give_up(std::string& out);

  const uint64_t max_size_;
  uint64_t stripped_ = 0;
  uint64_t over_limit_ = 0;

  // Where in the document we are.
  bool copying_ = false;  // the document has ended, or is none: all that follows is copied
  bool complete_ = false;
  bool in_string_ = false;
  bool escaped_ = false;              // behind a backslash in a string
  std::bitset<kMaxDepth> is_object_;  // by depth: what was opened there
  size_t depth_ = 0;
  size_t entries_depth_ = 0;  // depth inside the array of entries; 0 while outside
  bool expects_key_ = false;  // the next string of the top-level object is a key
  bool reads_key_ = false;
  std::string key_;  // of the top-level object's member, cut to what decides
  bool reads_commit_ = false;
  std::string commit_;

  Entry entry_ = Entry::none;
  std::string held_;
};

}  // namespace weir::hub
