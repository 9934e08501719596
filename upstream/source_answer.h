// SPDX-License-Identifier: Apache-2.0
// Judges the head of a source's answer to the request for a range of a blob, by the kind of the source.  The origin has
// judge_blob_answer().  Pure.
#pragma once

#include <optional>
#include <string>

#include "base/byte_range.h"
#include "base/clock.h"
#include "base/digest.h"
#include "http/head.h"
#include "upstream/options.h"

namespace weir::upstream {

struct SourceAnswer {
  enum class Kind {
    use,       // the body is `range` of the blob
    redirect,  // it is elsewhere
    has_not,   // this blob, or this range of it, is not there
    refuses,   // the source will not give it
    busy,      // too many requests
    fails,     // a trouble that passes
    unfit,     // it gives no ranges: of no use for pieces of any blob
    lies,      // it contradicts what was asked, what the hub said, or itself
  };
  Kind kind = Kind::fails;
  ByteRange range;  // for `use`: begins where the question does, and ends there or before
  // How long the source is to be left alone, for all blobs: what it asked for, or what its kind is known for.
  std::optional<Duration> pause;
  std::string reason;  // for all but `use`: what was wrong, in words

  bool operator==(const SourceAnswer&) const = default;
};

// What was asked.
struct SourceQuestion {
  SourceKind source = SourceKind::storj;
  Sha256 digest;
  ByteRange range;    // asked for with Range, unless it is the whole
  uint64_t size = 0;  // of the whole blob, as the hub said
  // The source itself answers, or whom it redirected to: there an entity tag may mean anything.
  enum class Answerer { source, another } answerer = Answerer::source;
};

SourceAnswer judge_source_answer(const http::ResponseHead& head, const SourceQuestion& question);

}  // namespace weir::upstream
