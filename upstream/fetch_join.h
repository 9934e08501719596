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
  enum class Kind {
    whole,      // the whole file: starts the fetch
    from_here,  // from `range.begin` to the end: starts or joins the fetch when that is near enough to what is held
    part,       // `range` alone: served when it is held, never a reason to fetch
  };
  Kind kind = Kind::whole;
  ByteRange range;
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
  // `started`: this very request began the download; else it goes along with one, or reads what is held.
  virtual void on_joined(std::shared_ptr<const FetchProgress> progress, bool started) = 0;
  // Nothing that this request could read, and it is no reason to fetch.
  virtual void on_not_held() = 0;
  // The progress moved: more is readable, or the state has changed.
  virtual void on_progress() = 0;
};

}  // namespace weir::upstream
