// SPDX-License-Identifier: Apache-2.0
#include "hub/listing_filter.h"

#include <algorithm>

#include "hub/listing_entry.h"

namespace weir::hub {
namespace {

constexpr std::string_view kEntriesKey = "siblings";
constexpr std::string_view kCommitKey = "sha";
constexpr size_t kMaxCommit = 64;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

void ListingFilter::feed(std::string_view in, std::string& out) {
  size_t begin = 0;  // of what was not taken yet
  size_t at = 0;
  while (at < in.size() && !copying_) {
    if (in_string_) {
      at = skip_string(in, at);
      continue;
    }
    const char c = in[at];
    if (depth_ == 0 && c != '{' && c != '[') {
      copying_ = !is_space(c);
      ++at;
      continue;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        reads_key_ = expects_key_;
        if (reads_key_) key_.clear();
        reads_commit_ = !reads_key_ && depth_ == 1 && is_object_[0] && key_ == kCommitKey;
        if (reads_commit_) commit_.clear();
        break;
      case '{':
      case '[':
        if (opens_entry(c)) {
          out += in.substr(begin, at - begin);
          begin = at;
          entry_ = Entry::held;
        }
        on_opening(c);
        break;
      case '}':
      case ']':
        if (on_closing(c) && entry_ != Entry::none && depth_ == entries_depth_) {
          take(in.substr(begin, at + 1 - begin), out);
          begin = at + 1;
          end_entry(out);
        }
        break;
      case ',':
        expects_key_ = depth_ == 1 && is_object_[0];
        break;
      case ':':
        expects_key_ = false;
        break;
      default:
        break;
    }
    ++at;
  }
  if (copying_) give_up(out);
  complete_ = complete_ && std::all_of(in.begin() + static_cast<std::ptrdiff_t>(at), in.end(), is_space);
  take(in.substr(begin), out);
}

void ListingFilter::finish(std::string& out) {
  copying_ = true;
  give_up(out);
}

// `at` is inside a string; returns where to go on, which is inside it only at the end of the input.
size_t ListingFilter::skip_string(std::string_view in, size_t at) {
  const size_t begin = at;
  for (; at < in.size() && in_string_; ++at) {
    if (escaped_) {
      escaped_ = false;
    } else if (in[at] == '\\') {
      escaped_ = true;
    } else if (in[at] == '"') {
      in_string_ = false;
    }
  }
  auto part = in.substr(begin, at - begin - (in_string_ ? 0 : 1));
  if (reads_commit_) commit_ += part.substr(0, kMaxCommit + 1 - std::min(commit_.size(), kMaxCommit + 1));
  if (reads_key_) {
    // One byte more than the key that is looked for is enough to tell another.
    key_ += part.substr(0, kEntriesKey.size() + 1 - std::min(key_.size(), kEntriesKey.size() + 1));
    reads_key_ = in_string_;
  }
  return at;
}

bool ListingFilter::opens_entry(char c) const {
  return c == '{' && entries_depth_ != 0 && depth_ == entries_depth_;
}

bool ListingFilter::opens_entries(char c) const {
  if (c != '[') return false;
  return depth_ == 0 || (depth_ == 1 && is_object_[0] && !expects_key_ && key_ == kEntriesKey);
}

void ListingFilter::on_opening(char c) {
  if (depth_ == kMaxDepth) {
    copying_ = true;
    return;
  }
  if (opens_entries(c)) entries_depth_ = depth_ + 1;
  is_object_[depth_++] = c == '{';
  expects_key_ = depth_ == 1 && c == '{';
}

bool ListingFilter::on_closing(char c) {
  if (is_object_[depth_ - 1] != (c == '}')) {
    copying_ = true;
    return false;
  }
  --depth_;
  if (depth_ < entries_depth_) entries_depth_ = 0;
  copying_ = complete_ = depth_ == 0;
  return true;
}

void ListingFilter::take(std::string_view bytes, std::string& out) {
  if (entry_ != Entry::held) {
    out += bytes;
    return;
  }
  held_ += bytes;
  if (held_.size() <= kMaxEntry) return;
  out += held_;
  held_.clear();
  entry_ = Entry::passing;
}

void ListingFilter::end_entry(std::string& out) {
  if (entry_ == Entry::held) {
    auto outcome = strip_entry(held_, max_size_, out);
    if (outcome == EntryOutcome::stripped) ++stripped_;
    if (outcome == EntryOutcome::over_limit) ++over_limit_;
    held_.clear();
  }
  entry_ = Entry::none;
}

void ListingFilter::give_up(std::string& out) {
  out += held_;
  held_.clear();
  entry_ = Entry::none;
}

}  // namespace weir::hub
