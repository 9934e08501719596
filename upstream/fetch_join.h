// SPDX-License-Identifier: Apache-2.0
// How a client takes part in a fetch: what it asks for, and what it is told.
#pragma once

#include <cstdint>
#include <memory>

#include "base/byte_range.h"
#include "base/digest.h"
#include "http/target.h"
#include "hub/grant.h"
#include "upstream/fetch_progress.h"

namespace weir::upstream {

// What a client asks a fetch for.
struct Want {
  ByteRange range;
  enum class Reach {
    range,     // nothing but the range
    verified,  // the range first, and then all else: the answer can end only when the file's digest is known
    whole,     // the file as a whole, which may outlive its client (no Range, or bytes=0-)
  };
  Reach reach = Reach::range;
};

struct JoinRequest {
  Sha256 digest;
  uint64_t size = 0;
  Want want;
  http::Url source;        // where the hub said that the bytes are; its query is a secret
  hub::SharedGrant grant;  // what a fresh URL is asked for with; null: there is none
};

// Told, on the loop of the one who joined, how it went and goes.
class FetchListener {
 public:
  virtual ~FetchListener() = default;
  // `started`: this very request makes bytes come from the origin; else they are held or on their way.
  virtual void on_joined(std::shared_ptr<const FetchProgress> progress, bool started) = 0;
  // The progress moved: more is readable, or the state has changed.
  virtual void on_progress() = 0;
};

}  // namespace weir::upstream
