// SPDX-License-Identifier: Apache-2.0
// Signed URLs of a CDN: a right to read for whoever holds one, until it expires.  Pure.  Never log or store their
// queries.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"
#include "http/target.h"

namespace weir::hub {

// When the URL stops being valid, read from the query of its target: CloudFront's Expires or Policy, or the date and
// duration of AWS and Google (X-Amz-*, X-Goog-*).  The earliest of those that can be read; nothing when there is none.
std::optional<WallTime> expiry_of(std::string_view target);

// What stays the same when a URL is signed anew: where an object lies.
struct ObjectName {
  std::string host;  // plain_host()
  std::string path;  // as it came, escapes and all

  auto operator<=>(const ObjectName&) const = default;
};

// `target` is in origin-form; its query is left off.
ObjectName object_name(std::string_view host, std::string_view target);

// Stands for URLs where they must not be kept.  The key is random for each hasher, so hashes mean nothing to another
// process.
class UrlHasher {
 public:
  UrlHasher();
  Sha256 operator()(const http::Url& url) const;

 private:
  std::string key_;
};

}  // namespace weir::hub
