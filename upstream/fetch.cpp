// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "hub/signed_url.h"

namespace weir::upstream {
namespace {

int status_of(const OriginFault& fault) {
  return fault.kind == OriginFault::Kind::timeout ? 504 : 502;
}

}  // namespace

void FetchMember::tell_progress(const std::shared_ptr<FetchMember>& member) {
  if (member->told.exchange(true)) return;
  member->loop.post([member] {
    member->told = false;
    if (member->listener) member->listener->on_progress();
  });
}

Fetch::Fetch(FetchContext context, const Sha256& digest, uint64_t size)
    : context_(context),
      progress_(std::make_shared<FetchProgress>(digest, size)),
      filler_(context.loop, context.pool, *this),
      refresher_(context.origin, context.setup.pseudonym, context.setup.is_intercepted),
      schedule_(context.setup.options, context.setup.origin.connect_timeout),
      retry_timer_(context.loop, [this] {
        stage_ = Stage::open;
        plan();
      }) {
  ++context_.counters.running;
}

Fetch::~Fetch() {
  --context_.counters.running;
}

void Fetch::open() {
  filler_.open(context_.store, digest(), size());
}

void Fetch::on_opened(Result<void> opened) {
  if (!opened) {
    // Who came before it could be opened learns why it failed.
    for (const auto& member : members_)
      FetchMember::tell(member,
                        [progress = progress_](FetchListener& listener) { listener.on_joined(progress, false); });
    return on_store_failed(opened.error());
  }
  progress_->open(filler_.partial());
  stage_ = Stage::open;
  for (const auto& member : std::vector(members_)) place(member);
  end_if_unwanted();
}

// --- clients

void Fetch::add(std::shared_ptr<FetchMember> member, const JoinRequest& request) {
  member->want = request.want;
  members_.push_back(member);
  if (request.grant) grants_.add(request.grant);
  // The latest URL is the one that lives longest; one that is in use stays until it fails.
  if (lanes_.empty() && stage_ != Stage::pausing && stage_ != Stage::refreshing) {
    set_source(request.source);
  } else {
    fresher_source_ = request.source;
  }
  if (stage_ != Stage::opening) place(member);
}

// Tells a member that it has joined, and starts what it wants.
void Fetch::place(const std::shared_ptr<FetchMember>& member) {
  auto its_own = plan_input();
  its_own.wants = {whole_blocks(member->want.range, size())};
  if (const auto& reserving = filler_.reserving()) its_own.lanes.push_back(*reserving);
  its_own.max_lanes = its_own.lanes.size() + 1;
  bool started = next_lane(its_own).has_value();
  whole_wanted_ = whole_wanted_ || member->want.reach == Want::Reach::whole;
  FetchMember::tell(
      member, [progress = progress_, started](FetchListener& listener) { listener.on_joined(progress, started); });
  plan();
}

void Fetch::leave(const std::shared_ptr<FetchMember>& member) {
  std::erase(members_, member);
  if (!context_.setup.options.finish_after_disconnect)
    whole_wanted_ = std::any_of(members_.begin(), members_.end(),
                                [](const auto& each) { return each->want.reach == Want::Reach::whole; });
  if (is_ending()) return;
  drop_unwanted_lanes();
  end_if_unwanted();
}

// What nobody wants any more is not transferred further, but to the end of a block that has begun: that is what is
// kept.
void Fetch::drop_unwanted_lanes() {
  auto wants = plan_input().wants;
  for (auto& lane : std::vector<FetchLane*>(lane_pointers())) {
    auto left = lane->left();
    auto wanted_end = std::min(left.end, (left.begin + kBlockSize - 1) / kBlockSize * kBlockSize);
    for (const auto& want : wants)
      if (want.begin < left.end && want.end > left.begin)
        wanted_end = std::max(wanted_end, std::min(want.end, left.end));
    if (wanted_end == left.begin) {
      end_lane(*lane);
    } else {
      filler_.partial()->release({wanted_end, left.end});
      lane->end_at(wanted_end);
    }
  }
}

bool Fetch::is_wanted() const {
  return !members_.empty() || whole_wanted_;
}

void Fetch::end_if_unwanted() {
  if (is_wanted() || !lanes_.empty() || is_ending()) return;
  // A commit that has begun is soon over; an open one is needed to be closed.
  if (stage_ == Stage::committing || stage_ == Stage::opening) return;
  fail({502, "its last client has left."});
}

// --- what to transfer

PlanInput Fetch::plan_input() const {
  PlanInput input;
  for (const auto& member : members_) {
    auto want = whole_blocks(member->want.range, size());
    if (std::find(input.wants.begin(), input.wants.end(), want) == input.wants.end()) input.wants.push_back(want);
  }
  bool all = whole_wanted_ || std::any_of(members_.begin(), members_.end(),
                                          [](const auto& each) { return each->want.reach != Want::Reach::range; });
  if (all) input.wants.push_back({0, size()});
  for (const auto& lane : lanes_) input.lanes.push_back(lane->left());
  input.missing = [this](ByteRange within) { return filler_.missing(within); };
  input.max_lanes = context_.setup.options.connections;
  return input;
}

void Fetch::plan() {
  if (stage_ != Stage::open || is_ending()) return;
  for (;;) {
    auto range = next_lane(plan_input());
    if (!range) break;
    if (!has_turn_) {
      stage_ = Stage::queued;
      if (!context_.owner.take_turn(*this)) return;
      on_turn();
      return;
    }
    if (!filler_.partial()->is_reserved(*range)) {
      reserve(*range);
      break;
    }
    start_lane(*range);
  }
  if (lanes_.empty() && has_turn_ && !filler_.reserving()) {
    has_turn_ = false;
    context_.owner.end_turn(*this);
  }
  filler_.work();
}

void Fetch::on_turn() {
  if (stage_ != Stage::queued) return;
  has_turn_ = true;
  stage_ = Stage::open;
  schedule_.begin(monotonic_now());
  if (!std::exchange(begun_, true)) ++context_.counters.started;
  plan();
}

// There is room in the store before bytes are asked for.
void Fetch::reserve(ByteRange range) {
  if (!filler_.reserving()) filler_.reserve(range);
}

void Fetch::on_reserved(Result<void> reserved) {
  if (is_ending()) return filler_.work();
  reserved ? plan() : on_store_failed(reserved.error());
}

void Fetch::start_lane(ByteRange range) {
  for (auto& lane : lanes_)
    if (lane->left().begin < range.begin && range.begin < lane->left().end) lane->end_at(range.begin);
  LaneRequest request{source_, range, size(), context_.setup.pseudonym, context_.setup.is_intercepted};
  lanes_.push_back(std::make_unique<FetchLane>(*this, context_.origin, std::move(request)));
}

void Fetch::end_lane(FetchLane& lane) {
  auto found = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& each) { return each.get() == &lane; });
  lane.stop();
  filler_.partial()->release(lane.left());
  // It may be in the middle of a call to us.
  context_.loop.destroy_later(std::move(*found));
  lanes_.erase(found);
}

// --- from the origin

void Fetch::on_received(uint64_t count) {
  context_.counters.origin_bytes += count;
  last_byte_ = monotonic_now();
}

void Fetch::on_bytes(FetchLane&, uint64_t offset, std::string_view bytes) {
  schedule_.progress();
  filler_.add(offset, bytes);
}

void Fetch::on_filled(FetchLane& lane) {
  end_lane(lane);
  plan();
  end_if_unwanted();
}

void Fetch::on_tag(const FetchLane& lane, http::EntityTag tag) {
  if (lane.source() == source_) tag_ = std::move(tag);
}

void Fetch::on_broken(FetchLane& lane, OriginFault fault) {
  log::info("{} was interrupted at byte {}: {}", named(), lane.left().begin, fault.message);
  end_lane(lane);
  if (fault.is_final()) return fail({502, fault.message});
  retry(std::nullopt, {status_of(fault), fault.message});
}

void Fetch::on_refused(FetchLane& lane, BlobAnswer answer) {
  end_lane(lane);
  auto reason = lane.host() + " did not give the file: " + answer.reason + ".";
  switch (answer.kind) {
    case BlobAnswer::Kind::expired:
      return lane.source() == source_ ? refresh() : plan();
    case BlobAnswer::Kind::busy:
      // Clients know what a 429 means, and wait as long as they are told to.
      return retry(answer.retry_after, {429, reason, answer.retry_after});
    case BlobAnswer::Kind::later:
    case BlobAnswer::Kind::broken:
      return retry(answer.retry_after, {502, reason, answer.retry_after});
    case BlobAnswer::Kind::changed:
      return start_over({502, reason, std::nullopt, FetchFailure::Remedy::start_over});
    case BlobAnswer::Kind::use:
    case BlobAnswer::Kind::redirect:
    case BlobAnswer::Kind::refused:
      return fail({502, reason});
  }
}

// Another place may have another tag for the same bytes.
void Fetch::set_source(http::Url source) {
  if (hub::object_name(source.host, source.target) != hub::object_name(source_.host, source_.target)) tag_.reset();
  source_ = std::move(source);
}

// What is held may belong to another file than what comes now, and clients may have got it already: it counts as wrong.
// Where the tags go on changing only the digest can tell.
void Fetch::start_over(FetchFailure reason) {
  tag_.reset();
  if (!filler_.has_anything() || !context_.owner.may_start_over(*this)) return plan();
  log::warning("{} starts over: {}", named(), reason.message);
  stop();
  after_writing_ = std::move(reason);
  filler_.reject();
}

// Waits, longer each time, and goes on where bytes are missing.
void Fetch::retry(std::optional<Duration> not_before, FetchFailure reason) {
  if (stage_ != Stage::open) return;
  auto delay = is_wanted() ? schedule_.next(monotonic_now(), not_before) : std::nullopt;
  if (!delay) return fail(std::move(reason));
  log::info("{} tries again in {} ms: {}", named(), delay->count(), reason.message);
  ++context_.counters.retries;
  stage_ = Stage::pausing;
  retry_timer_.start(*delay);
}

void Fetch::refresh() {
  if (stage_ != Stage::open) return;
  if (!schedule_.next_at_once())
    return fail({502, source_.host + " refuses every URL that the hub gives for this file."});
  if (fresher_source_ && *fresher_source_ != source_) {
    set_source(*std::exchange(fresher_source_, std::nullopt));
    return plan();
  }
  stage_ = Stage::refreshing;
  refresher_.start(grants_, digest(), size(), [this](UrlRefresher::Answer answer) { on_refreshed(std::move(answer)); });
}

void Fetch::on_refreshed(UrlRefresher::Answer answer) {
  stage_ = Stage::open;
  if (auto* url = std::get_if<http::Url>(&answer)) {
    ++context_.counters.urls_refreshed;
    set_source(std::move(*url));
    fresher_source_.reset();  // it is older than this one
    return plan();
  }
  if (auto* trouble = std::get_if<UrlRefresher::Trouble>(&answer))
    return retry(trouble->retry_after, {502, trouble->message, trouble->retry_after});
  fail({502,
        "The URL of the file has expired, and the hub permits it to none of the clients that asked for it any more."});
}

// --- to the disk

void Fetch::on_written() {
  tell_all();
  if (has_room())
    for (auto& lane : lanes_) lane->resume();
}

void Fetch::on_settled() {
  fail(*std::exchange(after_writing_, std::nullopt));
}

void Fetch::on_committing() {
  stage_ = Stage::committing;
  for (auto* lane : lane_pointers()) end_lane(*lane);
}

void Fetch::on_committed(Result<std::shared_ptr<const cas::Blob>> blob) {
  if (!blob) {
    if (blob.error().code != ErrorCode::digest_mismatch) return on_store_failed(blob.error());
    ++context_.counters.wrong_bytes;
    log::error("{}: the bytes from {} are wrong and in quarantine: {}", named(), source_.host, blob.error().message);
    return fail({502, "The bytes that came are not the file: " + blob.error().message + "."});
  }
  ++context_.counters.completed;
  auto publishing = std::chrono::duration_cast<std::chrono::microseconds>(monotonic_now() - last_byte_);
  context_.counters.publishing_microseconds += static_cast<uint64_t>(publishing.count());
  log::info("{} is complete: {} bytes, verified", named(), size());
  progress_->verify((*blob)->file());
  tell_all();
  end();
}

// --- the end

void Fetch::fail(FetchFailure failure) {
  if (stage_ == Stage::ended) return;
  stop();
  if (!filler_.settle()) {
    // What has come is worth keeping for the next time.
    after_writing_ = std::move(failure);
    return;
  }
  if (!members_.empty() || whole_wanted_) {
    ++context_.counters.failed;
    bool passes = failure.remedy == FetchFailure::Remedy::pass_by;
    if (passes) log::info("{} goes past the store: {}", named(), failure.message);
    if (!passes) log::warning("{} has failed: {}", named(), failure.message);
  }
  progress_->fail(std::move(failure));
  tell_all();
  end();
}

// The clients go on without the store, if it is that which failed.
void Fetch::on_store_failed(const Error& error) {
  context_.pool.submit([&store = context_.store, error] { store.health().doubt(error, wall_now()); });
  // A size that contradicts what is held already (invalid) is for the digest of what passes by to judge.
  bool passes =
      error.code == ErrorCode::over_limit || error.code == ErrorCode::invalid || cas::trouble_in(error).has_value();
  auto remedy = passes ? FetchFailure::Remedy::pass_by : FetchFailure::Remedy::none;
  fail({502, "Weir cannot store the file: " + error.message + ".", std::nullopt, remedy});
}

void Fetch::stop() {
  for (auto* lane : lane_pointers()) end_lane(*lane);
  refresher_.cancel();
  retry_timer_.stop();
}

void Fetch::end() {
  if (stage_ == Stage::ended) return;
  stage_ = Stage::ended;
  filler_.close();
  context_.owner.end_turn(*this);
  context_.owner.remove(*this);
}

void Fetch::tell_all() {
  for (const auto& member : members_) FetchMember::tell_progress(member);
}

std::vector<FetchLane*> Fetch::lane_pointers() const {
  std::vector<FetchLane*> pointers;
  for (const auto& lane : lanes_) pointers.push_back(lane.get());
  return pointers;
}

}  // namespace weir::upstream
