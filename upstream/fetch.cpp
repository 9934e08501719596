// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "upstream/byte_ranges.h"

namespace weir::upstream {

Fetch::Fetch(FetchContext context, const Sha256& digest, uint64_t size)
    : context_(context),
      progress_(std::make_shared<FetchProgress>(digest, size)),
      members_(*progress_),
      filler_(context.loop, context.pool, *this),
      transfers_(context_, digest, size, *this),
      provenance_(size) {
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
    for (const auto& member : members_.all())
      FetchMember::tell(member,
                        [progress = progress_](FetchListener& listener) { listener.on_joined(progress, false); });
    return on_store_failed(opened.error());
  }
  progress_->open(filler_.partial());
  transfers_.recall(filler_.partial()->former_version());
  stage_ = Stage::open;
  for (const auto& member : std::vector(members_.all())) place(member);
  end_if_unwanted();
}

// --- clients

void Fetch::add(std::shared_ptr<FetchMember> member, const JoinRequest& request) {
  member->want = request.want;
  members_.add(member);
  transfers_.offer(request);
  if (stage_ != Stage::opening) place(member);
}

// Tells a member that it has joined, and starts what it wants.
void Fetch::place(const std::shared_ptr<FetchMember>& member) {
  members_.admit(member);
  bool started = filler_.partial() && transfers_.needs_transfer(needs(), whole_blocks(member->want.range, size()));
  FetchMember::tell(
      member, [progress = progress_, started](FetchListener& listener) { listener.on_joined(progress, started); });
  work();
}

void Fetch::leave(const std::shared_ptr<FetchMember>& member) {
  bool finish = context_.setup.options.finish_after_disconnect;
  members_.remove(member, finish ? FetchMembers::AfterLeaving::go_on : FetchMembers::AfterLeaving::stop);
  if (is_ending()) return;
  release_unwanted();
  work();
  end_if_unwanted();
}

void Fetch::end_if_unwanted() {
  if (members_.want_anything() || !transfers_.is_idle() || is_ending()) return;
  // A commit that has begun is soon over; an open one is needed to be closed.
  if (stage_ == Stage::committing || stage_ == Stage::opening) return;
  // What has come whole is published, also where its clients read parts of it and have left before the disk was done.
  if (doubt_ == Doubt::no && !is_digesting_ && filler_.partial() && filler_.missing({0, size()}).empty()) return;
  fail({502, "its last client has left."});
}

// --- what to transfer

PlanNeeds Fetch::needs() {
  PlanNeeds needs;
  needs.wants = wants();
  needs.doubt = doubt_;
  needs.missing = [this](ByteRange within) { return filler_.missing(within); };
  needs.untrusted = [this](ByteRange within) { return filler_.untrusted(within); };
  return needs;
}

// What no trusted source can give may be read only when the whole is verified.
std::vector<PlanWant> Fetch::wants() {
  auto wants = members_.wants();
  bool needs_whole = !transfers_.has_trusted() && transfers_.sources().count() > 1;
  if (needs_whole && !wants.empty()) wants.push_back({{0, size()}, std::nullopt, {}});
  return wants;
}

bool Fetch::lacks_anything() {
  auto all = wants();
  return std::any_of(all.begin(), all.end(), [this](const auto& want) { return !filler_.missing(want.range).empty(); });
}

void Fetch::on_change() {
  work();
  end_if_unwanted();
}

void Fetch::work() {
  if (stage_ != Stage::open || is_ending()) return;
  if (!has_turn_ && lacks_anything()) {
    stage_ = Stage::queued;
    if (context_.owner.take_turn(*this)) on_turn();
    return;
  }
  transfers_.work();
  if (is_ending()) return;
  if (doubt_ == Doubt::yes && !transfers_.has_trusted()) look_for_the_liar();
  if (is_ending()) return;
  if (has_turn_ && transfers_.is_idle() && !filler_.reserving() && !lacks_anything()) {
    has_turn_ = false;
    context_.owner.end_turn(*this);
  }
  filler_.work();
}

void Fetch::on_turn() {
  if (stage_ != Stage::queued) return;
  has_turn_ = true;
  stage_ = Stage::open;
  transfers_.begin();
  if (!std::exchange(begun_, true)) ++context_.counters.started;
  work();
}

// There is room in the store before bytes are asked for: for all of the want that they are a part of, so that what does
// not fit is known before anything has come.
bool Fetch::reserve(ByteRange range) {
  if (filler_.partial()->is_reserved(range)) return true;
  auto room = range;
  for (const auto& want : wants())
    if (want.range.begin <= range.begin && range.end <= want.range.end && want.range.size() > room.size())
      room = want.range;
  if (!filler_.reserving()) filler_.reserve(room);
  return false;
}

void Fetch::release_unwanted() {
  if (stage_ == Stage::opening) return;
  std::vector<ByteRange> unwanted{{0, size()}};
  for (const auto& want : wants()) unwanted = without(unwanted, want.range);
  for (const auto& part : unwanted) filler_.partial()->release(part);
}

void Fetch::on_reserved(Result<void> reserved) {
  if (is_ending()) return filler_.work();
  if (!reserved) return on_store_failed(reserved.error());
  release_unwanted();
  transfers_.on_reserved();
  work();
}

// --- from the sources

void Fetch::on_bytes(SourceId source, uint64_t offset, std::string_view bytes) {
  auto trust = transfers_.sources().trust(source);
  auto& given = given_[source];
  if (given == 0) progress_->add_source(transfers_.sources().options(source)->name);
  given += bytes.size();
  if (trust == cas::Trust::untrusted) provenance_.sent(source, {offset, offset + bytes.size()});
  filler_.add(offset, bytes, trust);
}

// What is held may belong to another file than what comes now, and clients may have got it already: it counts as wrong.
// Where the tags go on changing only the digest can tell.
void Fetch::on_origin_changed(FetchFailure reason) {
  if (!filler_.has_anything() || !context_.owner.may_start_over(*this)) return work();
  log::warning("{} starts over: {}", named(), reason.message);
  transfers_.stop();
  after_writing_ = std::move(reason);
  filler_.reject();
}

// --- to the disk

void Fetch::on_written() {
  members_.advance(monotonic_now());
  members_.tell_all();
  if (has_room()) transfers_.resume();
  if (std::exchange(replan_, false)) on_change();
}

void Fetch::on_settled() {
  fail(*std::exchange(after_writing_, std::nullopt));
}

void Fetch::on_committing() {
  stage_ = Stage::committing;
  transfers_.stop();
}

void Fetch::on_committed(Result<std::shared_ptr<const cas::Blob>> blob) {
  if (!blob) {
    if (blob.error().code != ErrorCode::digest_mismatch) return on_store_failed(blob.error());
    if (filler_.has_untrusted()) return doubt(blob.error());
    ++context_.counters.wrong_bytes;
    log::error("{}: the bytes from {} are wrong and in quarantine: {}", named(), senders(), blob.error().message);
    return fail({502, "The bytes that came are not the file: " + blob.error().message + "."});
  }
  compare_suspects(*blob);
  ++context_.counters.completed;
  auto publishing = std::chrono::duration_cast<std::chrono::microseconds>(monotonic_now() - transfers_.last_byte());
  context_.counters.publishing_microseconds += static_cast<uint64_t>(publishing.count());
  log::info("{} is complete: {} bytes, verified{}", named(), size(), shares());
  progress_->verify((*blob)->file());
  members_.tell_all();
  end();
}

// Who gave the bytes, for people.
std::string Fetch::senders() const {
  bool others = !given_.empty() && given_.rbegin()->first != FetchSources::kOrigin;
  return others ? progress_->sources() : transfers_.origin_host();
}

// How much each source gave, where there was another one than the origin.
std::string Fetch::shares() const {
  if (given_.empty() || given_.rbegin()->first == FetchSources::kOrigin) return "";
  std::string text;
  for (const auto& [source, bytes] : given_)
    text +=
        (text.empty() ? "; " : ", ") + std::to_string(bytes) + " from " + transfers_.sources().options(source)->name;
  return text;
}

// --- the end

void Fetch::fail(FetchFailure failure) {
  if (stage_ == Stage::ended) return;
  transfers_.stop();
  if (!filler_.settle()) {
    // What has come is worth keeping for the next time.
    after_writing_ = std::move(failure);
    return;
  }
  if (members_.want_anything()) {
    ++context_.counters.failed;
    bool passes = failure.remedy == FetchFailure::Remedy::pass_by;
    if (passes) log::info("{} goes past the store: {}", named(), failure.message);
    if (!passes) log::warning("{} has failed: {}", named(), failure.message);
  }
  progress_->fail(std::move(failure));
  members_.tell_all();
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

void Fetch::end() {
  if (stage_ == Stage::ended) return;
  stage_ = Stage::ended;
  filler_.close();
  context_.owner.end_turn(*this);
  context_.owner.remove(*this);
}

}  // namespace weir::upstream
