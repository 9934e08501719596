// SPDX-License-Identifier: Apache-2.0
// One transfer of a fetch: a range of the blob on its way from the origin.  Lives on the fetch loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_range.h"
#include "http/target.h"
#include "upstream/blob_answer.h"
#include "upstream/origin_client.h"

namespace weir::upstream {

class FetchLane;

// What a lane tells its fetch.  All but on_bytes() may destroy the lane.
class LaneOwner {
 public:
  virtual ~LaneOwner() = default;
  virtual bool has_room() const = 0;
  virtual void on_bytes(FetchLane& lane, uint64_t offset, std::string_view bytes) = 0;
  // The answer is none that can be used; `answer` says why.
  virtual void on_refused(FetchLane& lane, BlobAnswer answer) = 0;
  // All of the range has come.
  virtual void on_filled(FetchLane& lane) = 0;
  virtual void on_broken(FetchLane& lane, OriginFault fault) = 0;
};

class FetchLane : private OriginObserver {
 public:
  // `size`: of the blob.  `pseudonym`: Weir's name in Via.
  FetchLane(LaneOwner& owner, OriginClient& origin, const http::Url& source, ByteRange range, uint64_t size,
            const std::string& pseudonym);

  // From the next byte to the end.
  ByteRange left() const { return {position_, end_}; }
  const http::Url& source() const { return source_; }
  // Ends it earlier.
  void end_at(uint64_t offset) { end_ = offset; }
  // Tells its owner nothing more.
  void stop() { transfer_.reset(); }
  // There is room again.
  void resume();

 private:
  void on_head(http::ResponseHead head) override;
  bool ready_for_data() override;
  void on_data(std::string_view bytes) override;
  void on_done(std::optional<OriginFault> fault) override;

  LaneOwner& owner_;
  const http::Url source_;
  const uint64_t size_;
  uint64_t position_;
  uint64_t end_;
  const uint64_t asked_end_;
  uint64_t skip_ = 0;  // bytes of the body before the range
  bool paused_ = false;
  std::unique_ptr<OriginTransfer> transfer_;
};

}  // namespace weir::upstream
