// SPDX-License-Identifier: Apache-2.0
// Brings a range of a blob straight to one reader, in order, past the store: for what the store cannot take.  It asks
// again where the answer broke off and for a fresh URL when that one has expired, as a Fetch does.  Nothing is held:
// a reader without room makes the origin wait.  Lives on one loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_range.h"
#include "base/loop.h"
#include "http/conditional.h"
#include "upstream/fetch_join.h"
#include "upstream/fetch_lane.h"
#include "upstream/fetch_progress.h"
#include "upstream/options.h"
#include "upstream/origin_client.h"
#include "upstream/retry_schedule.h"
#include "upstream/url_refresher.h"

namespace weir::upstream {

struct DirectSetup {
  FetchOptions options;
  Duration patience{0};   // of a client that waits for the first byte
  std::string pseudonym;  // Weir's name in Via
  std::function<bool(std::string_view host)> is_intercepted;
};

// Called on the fetch's loop; the fetch may be destroyed later, not within a call.
class DirectReader {
 public:
  virtual ~DirectReader() = default;
  virtual bool has_room() const = 0;
  // The next bytes.
  virtual void on_bytes(std::string_view bytes) = 0;
  // All of the range has come.  Nobody has verified it.
  virtual void on_filled() = 0;
  virtual void on_failed(FetchFailure failure) = 0;
};

class DirectFetch : public LaneOwner {
 public:
  // The range is that of the request's want.  The reader must outlive the fetch.
  DirectFetch(Loop& loop, OriginClient& origin, DirectSetup setup, JoinRequest request, DirectReader& reader);
  ~DirectFetch() override;

  // Begins; once.
  void start();
  // The reader has room again.
  void resume();
  // Tells the reader nothing more.
  void stop();

 private:
  // LaneOwner
  bool has_room(const FetchLane&) override { return reader_.has_room(); }
  const std::optional<http::EntityTag>& tag() const override { return tag_; }
  void on_tag(const FetchLane& lane, http::EntityTag tag) override;
  void on_received(const FetchLane&, uint64_t) override {}
  void on_bytes(FetchLane& lane, uint64_t offset, std::string_view bytes) override;
  void on_refused(FetchLane& lane, BlobAnswer answer) override;
  void on_filled(FetchLane& lane) override;
  void on_broken(FetchLane& lane, OriginFault fault) override;

  void ask();
  void end_lane();
  void retry(std::optional<Duration> not_before, FetchFailure reason);
  void refresh();
  void on_refreshed(UrlRefresher::Answer answer);
  void fail(FetchFailure failure);

  Loop& loop_;
  OriginClient& origin_;
  const DirectSetup setup_;
  DirectReader& reader_;
  const Sha256 digest_;
  const uint64_t size_;
  ByteRange left_;
  http::Url source_;
  GrantList grants_;
  std::optional<http::EntityTag> tag_;
  UrlRefresher refresher_;
  RetrySchedule schedule_;
  Timer retry_timer_;
  std::unique_ptr<FetchLane> lane_;
};

}  // namespace weir::upstream
