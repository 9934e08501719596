// SPDX-License-Identifier: Apache-2.0
// A Fetch brings one missing blob into the store for all clients that ask for it, as far as they ask: wanted is the
// union of their ranges, in blocks.  A client that wants the whole file goes on wanting it when it has left (unless the
// options say otherwise); any other range is wanted as long as its client is there.  What has come stays for the next
// fetch; when all of the blob is there it is verified and published.  Lives on the fetch loop; file work is done by the
// pool, one piece at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "cas/blob_store.h"
#include "upstream/blob_filler.h"
#include "upstream/fetch_join.h"
#include "upstream/fetch_lane.h"
#include "upstream/fetch_plan.h"
#include "upstream/options.h"
#include "upstream/origin_client.h"
#include "upstream/retry_schedule.h"
#include "upstream/url_refresher.h"

namespace weir::upstream {

class Fetch;

// Read by the admin surface; written by the fetch loop.
struct FetchCounters {
  std::atomic<uint64_t> running = 0;
  std::atomic<uint64_t> started = 0;
  std::atomic<uint64_t> completed = 0;
  std::atomic<uint64_t> failed = 0;
  std::atomic<uint64_t> wrong_bytes = 0;  // fetches whose digest or length was wrong
  std::atomic<uint64_t> urls_refreshed = 0;
  std::atomic<uint64_t> retries = 0;       // after a trouble at the origin
  std::atomic<uint64_t> origin_bytes = 0;  // of bodies
  // Between the last byte and the publication, summed over the fetches completed.
  std::atomic<uint64_t> publishing_microseconds = 0;
};

struct FetchSetup {
  FetchOptions options;
  OriginOptions origin;
  std::string trusted_roots;
  std::string pseudonym;  // Weir's name in Via
  std::function<bool(std::string_view host)> is_intercepted;
  std::vector<SourceOptions> sources = {origin_source()};  // what the table begins with
};

// A client in a fetch.  `listener` is read and written on the client's loop only, all else on the fetch loop.
struct FetchMember {
  FetchMember(Loop& its_loop, FetchListener& its_listener) : loop(its_loop), listener(&its_listener) {}

  // Calls `tell` on the client's loop, unless it has left by then.
  template <typename Tell>
  static void tell(const std::shared_ptr<FetchMember>& member, Tell tell) {
    member->loop.post([member, tell = std::move(tell)] {
      if (member->listener) tell(*member->listener);
    });
  }
  // The same for on_progress(); calls that were not delivered yet count as one.
  static void tell_progress(const std::shared_ptr<FetchMember>& member);

  Loop& loop;
  FetchListener* listener;
  std::atomic<bool> told = false;
  Want want;
};

// What a fetch needs of its table.
class FetchOwner {
 public:
  virtual ~FetchOwner() = default;
  // True: transfer now.  False: Fetch::on_turn() follows.
  virtual bool take_turn(Fetch& fetch) = 0;
  virtual void end_turn(Fetch& fetch) = 0;
  // True once for each digest, until the fetch of it has succeeded.
  virtual bool may_start_over(const Fetch& fetch) = 0;
  // The fetch has ended and is to be destroyed, later.
  virtual void remove(Fetch& fetch) = 0;
};

struct FetchContext {
  FetchOwner& owner;
  Loop& loop;
  DiskPool& pool;
  cas::BlobStore& store;
  OriginClient& origin;
  const FetchSetup& setup;
  FetchCounters& counters;
};

class Fetch : public LaneOwner, private FillerOwner {
 public:
  Fetch(FetchContext context, const Sha256& digest, uint64_t size);
  ~Fetch() override;

  void open();
  void add(std::shared_ptr<FetchMember> member, const JoinRequest& request);
  void leave(const std::shared_ptr<FetchMember>& member);
  void on_turn();
  // It takes no further member: what was received is being written, and then it is removed.
  bool is_ending() const { return stage_ == Stage::ended || after_writing_.has_value(); }

  const Sha256& digest() const { return progress_->digest(); }
  uint64_t size() const { return progress_->size(); }

 private:
  enum class Stage {
    opening,
    open,        // transfers as it is wanted
    queued,      // for its turn to transfer
    pausing,     // until the next try
    refreshing,  // a fresh URL is being asked for
    committing,
    ended,
  };

  // LaneOwner
  bool has_room() const override { return filler_.has_room(); }
  const std::optional<http::EntityTag>& tag() const override { return tag_; }
  void on_tag(const FetchLane& lane, http::EntityTag tag) override;
  void on_received(uint64_t count) override;
  void on_bytes(FetchLane& lane, uint64_t offset, std::string_view bytes) override;
  void on_refused(FetchLane& lane, BlobAnswer answer) override;
  void on_filled(FetchLane& lane) override;
  void on_broken(FetchLane& lane, OriginFault fault) override;

  // FillerOwner
  bool expects_bytes() const override { return !lanes_.empty(); }
  bool may_commit() const override { return stage_ == Stage::open; }
  void on_opened(Result<void> opened) override;
  void on_reserved(Result<void> reserved) override;
  void on_written() override;
  void on_settled() override;
  void on_committing() override;
  void on_committed(Result<std::shared_ptr<const cas::Blob>> blob) override;
  // The clients go on without the store, if it is that which failed.
  void on_store_failed(const Error& error) override;

  void place(const std::shared_ptr<FetchMember>& member);
  void plan();
  PlanInput plan_input() const;
  void reserve(ByteRange range);
  void start_lane(ByteRange range);
  void end_lane(FetchLane& lane);
  void drop_unwanted_lanes();
  bool is_wanted() const;
  void end_if_unwanted();
  std::vector<FetchLane*> lane_pointers() const;

  void set_source(http::Url source);
  void retry(std::optional<Duration> not_before, FetchFailure reason);
  void start_over(FetchFailure reason);
  void refresh();
  void on_refreshed(UrlRefresher::Answer answer);
  void fail(FetchFailure failure);
  void stop();
  void end();
  void tell_all();
  std::string named() const { return "the fetch of " + digest().hex(); }

  FetchContext context_;
  std::shared_ptr<FetchProgress> progress_;
  BlobFiller filler_;
  Stage stage_ = Stage::opening;
  std::vector<std::shared_ptr<FetchMember>> members_;
  bool whole_wanted_ = false;
  bool has_turn_ = false;

  std::optional<FetchFailure> after_writing_;  // to fail with, once what was received is written

  http::Url source_;                         // that the lanes use
  std::optional<http::EntityTag> tag_;       // of what is there
  std::optional<http::Url> fresher_source_;  // of a client that joined later
  GrantList grants_;
  UrlRefresher refresher_;
  std::vector<std::unique_ptr<FetchLane>> lanes_;
  bool begun_ = false;  // it had its first lane
  MonotonicTime last_byte_ = monotonic_now();
  RetrySchedule schedule_;
  Timer retry_timer_;
};

}  // namespace weir::upstream
