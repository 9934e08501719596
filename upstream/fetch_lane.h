// SPDX-License-Identifier: Apache-2.0
// One transfer of a fetch: a range of the blob on its way from a source, wherever that redirects it to.  Lives
// on the fetch loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_range.h"
#include "http/conditional.h"
#include "http/target.h"
#include "upstream/blob_answer.h"
#include "upstream/origin_client.h"
#include "upstream/plan_types.h"
#include "upstream/redirect_trail.h"
#include "upstream/source_answer.h"

namespace weir::upstream {

class FetchLane;

// What a lane asks and tells its fetch.  on_refused(), on_answer(), on_filled() and on_broken() may destroy the lane.
class LaneOwner {
 public:
  virtual ~LaneOwner() = default;
  // False: nothing is taken now, and FetchLane::resume() follows.
  virtual bool has_room(const FetchLane& lane) = 0;
  // The entity tag that the answers of the lane's source bear, once one has.
  virtual const std::optional<http::EntityTag>& tag() const = 0;
  virtual void on_tag(const FetchLane& lane, http::EntityTag tag) = 0;
  // So many bytes came, whether they are of use or not.
  virtual void on_received(const FetchLane& lane, uint64_t count) = 0;
  virtual void on_bytes(FetchLane& lane, uint64_t offset, std::string_view bytes) = 0;
  // The answer is none that can be used; `answer` says why.
  virtual void on_refused(FetchLane& lane, BlobAnswer answer) = 0;
  // What another source than the origin answered.  Unless it gives the bytes or redirects, the lane is over.
  virtual void on_answer(FetchLane&, const SourceAnswer&) {}
  // All of the range has come.
  virtual void on_filled(FetchLane& lane) = 0;
  virtual void on_broken(FetchLane& lane, OriginFault fault) = 0;
};

// What a lane is to fetch.
struct LaneRequest {
  http::Url source;
  ByteRange range;
  uint64_t size = 0;      // of the blob
  std::string pseudonym;  // Weir's name in Via
  std::function<bool(std::string_view host)> is_intercepted;
  StartLane::Answer answer = StartLane::Answer::whole_too;
  LaneId id = 0;  // its owner's own name for it
  // For another source than the origin:
  SourceKind kind = SourceKind::origin;
  Sha256 digest{};
  http::Fields credentials{};                     // for the place itself, and none that it redirects to
  std::shared_ptr<const PeerTls> peer = nullptr;  // of a peer, and of no other source
};

class FetchLane : private OriginObserver {
 public:
  FetchLane(LaneOwner& owner, OriginClient& origin, LaneRequest request);

  // From the next byte to the end.
  ByteRange left() const { return {position_, end_}; }
  LaneId id() const { return request_.id; }
  const http::Url& source() const { return request_.source; }
  // Where the bytes come from, which a redirect may have made another host than that of the source.
  const std::string& host() const { return trail_.place().host; }
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

  void ask();
  BlobAnswer judge(const http::ResponseHead& head) const;
  void on_source_head(const http::ResponseHead& head);
  OriginRequest make_request() const;
  bool asks_for_part() const;
  bool is_of_origin() const { return request_.kind == SourceKind::origin; }
  void follow(const http::ResponseHead& head);

  LaneOwner& owner_;
  OriginClient& origin_;
  const LaneRequest request_;
  RedirectTrail trail_;
  uint64_t position_;
  uint64_t end_;
  const uint64_t asked_end_;
  uint64_t skip_ = 0;  // bytes of the body before the range
  bool paused_ = false;
  std::unique_ptr<OriginTransfer> transfer_;
};

}  // namespace weir::upstream
