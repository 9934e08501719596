// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "http/via.h"
#include "upstream/blob_answer.h"

namespace weir::upstream {
namespace {

// Received and not yet written: above this the origin waits for the disk.
constexpr size_t kMaxPending = 8 << 20;
constexpr size_t kWriteAtLeast = 64 << 10;
constexpr uint64_t kHashSlice = 32 << 20;
constexpr size_t kMaxDoublings = 6;
constexpr std::chrono::duration<double> kSoon{2};

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
      refresher_(context.origin, context.setup.pseudonym, context.setup.is_intercepted),
      retry_timer_(context.loop, [this] { transfer(); }) {
  ++context_.counters.running;
}

Fetch::~Fetch() {
  --context_.counters.running;
}

void Fetch::open() {
  using Opened = Result<std::shared_ptr<cas::PartialBlob>>;
  file_busy_ = true;
  file_task_ = context_.pool.submit<Opened>(
      context_.loop,
      [&store = context_.store, digest = digest(), size = size()] { return store.open_partial(digest, size); },
      [this](Opened partial) { on_opened(std::move(partial)); });
}

void Fetch::on_opened(Result<std::shared_ptr<cas::PartialBlob>> partial) {
  file_busy_ = false;
  if (!partial) return fail({502, "Weir cannot store the file: " + partial.error().message + "."});
  partial_ = std::move(*partial);
  received_ = held();
  progress_->open(partial_->file(), held());
  stage_ = Stage::idle;
  for (const auto& member : std::vector(members_)) place(member);
  end_if_unwanted();
}

// --- clients

void Fetch::add(std::shared_ptr<FetchMember> member, const JoinRequest& request) {
  member->want = request.want;
  members_.push_back(member);
  if (request.grant) grants_.add(request.grant);
  // The latest URL is the one that lives longest; one that is in use stays until it fails.
  if (stage_ == Stage::opening || stage_ == Stage::idle || stage_ == Stage::queued) {
    source_ = request.source;
  } else {
    fresher_source_ = request.source;
  }
  if (stage_ != Stage::opening) place(member);
}

// Tells a member whether it has joined; the first one that wants the whole file starts the transfer.
void Fetch::place(const std::shared_ptr<FetchMember>& member) {
  bool reads_held = member->want.kind == Want::Kind::part && comes_soon(member->want.range.end);
  bool transfers = wants_transfer(member->want);
  if (!transfers && !reads_held) {
    FetchMember::tell(member, [](FetchListener& listener) { listener.on_not_held(); });
    return;
  }
  bool started = transfers && !whole_wanted_;
  FetchMember::tell(
      member, [progress = progress_, started](FetchListener& listener) { listener.on_joined(progress, started); });
  if (started) want_whole();
}

// Held, or about to be: a part that the running transfer reaches at once need not be asked of the origin again.
bool Fetch::comes_soon(uint64_t offset) const {
  if (offset <= held()) return true;
  if (stage_ != Stage::transferring || received_ == begun_at_) return false;
  auto elapsed = std::chrono::duration<double>(monotonic_now() - begun_).count();
  auto bytes_per_second = static_cast<double>(received_ - begun_at_) / elapsed;
  auto missing = static_cast<double>(offset - std::min(offset, received_));
  return missing <= bytes_per_second * kSoon.count();
}

bool Fetch::wants_transfer(const Want& want) const {
  switch (want.kind) {
    case Want::Kind::whole:
      return true;
    case Want::Kind::from_here:
      return want.range.begin <= held() + context_.setup.options.open_range_reach;
    case Want::Kind::part:
      return false;
  }
  return false;
}

void Fetch::want_whole() {
  whole_wanted_ = true;
  begun_ = monotonic_now();
  begun_at_ = held();
  ++context_.counters.started;
  stage_ = Stage::queued;
  if (context_.owner.take_turn(*this)) on_turn();
}

void Fetch::on_turn() {
  if (stage_ != Stage::queued) return;
  if (held() == size()) return commit();
  hash_some();
  transfer();
}

void Fetch::leave(const std::shared_ptr<FetchMember>& member) {
  std::erase(members_, member);
  end_if_unwanted();
}

void Fetch::end_if_unwanted() {
  if (!members_.empty() || is_ending()) return;
  if (whole_wanted_ && context_.setup.options.finish_after_disconnect) return;
  // A commit that has begun is soon over; an open one is needed to be closed.
  if (stage_ == Stage::committing || stage_ == Stage::opening) return;
  fail({502, "its last client has left at byte " + std::to_string(held()) + "."});
}

// --- from the origin

OriginRequest Fetch::make_request() const {
  OriginRequest request;
  request.method = "GET";
  request.host = source_.host;
  request.port = source_.port;
  request.target = source_.target;
  request.fields = {{"Host", source_.authority().text(443)},
                    {"User-Agent", "weir"},
                    {"Accept", "*/*"},
                    {"Accept-Encoding", "identity"}};
  http::add_via(request.fields, 1, context_.setup.pseudonym);
  if (received_ > 0) request.fields.add("Range", "bytes=" + std::to_string(received_) + "-");
  return request;
}

void Fetch::transfer() {
  stage_ = Stage::transferring;
  transfer_paused_ = false;
  skip_ = 0;
  transfer_ = context_.origin.start(make_request(), *this);
}

void Fetch::on_head(http::ResponseHead head) {
  auto answer = judge_blob_answer(head, received_, size());
  if (answer.kind == BlobAnswer::Kind::use) {
    skip_ = answer.skip;
    return;
  }
  transfer_.reset();
  auto reason = source_.host + " did not give the file: " + answer.reason + ".";
  switch (answer.kind) {
    case BlobAnswer::Kind::expired:
      return refresh();
    case BlobAnswer::Kind::later:
      return retry(answer.retry_after, {502, reason});
    case BlobAnswer::Kind::use:
    case BlobAnswer::Kind::missing:
    case BlobAnswer::Kind::broken:
      return fail({502, reason});
  }
}

bool Fetch::ready_for_data() {
  transfer_paused_ = pending_.size() >= kMaxPending;
  return !transfer_paused_;
}

void Fetch::on_data(std::string_view bytes) {
  context_.counters.origin_bytes += bytes.size();
  auto dropped = std::min<uint64_t>(skip_, bytes.size());
  skip_ -= dropped;
  bytes.remove_prefix(static_cast<size_t>(dropped));
  if (bytes.empty()) return;
  tries_ = 0;
  if (bytes.size() > size() - received_) {
    log::warning("{}: {} sent more bytes than the file has; the digest decides", named(), source_.host);
    bytes = bytes.substr(0, static_cast<size_t>(size() - received_));
    transfer_.reset();
  }
  pending_.append(bytes);
  received_ += bytes.size();
  if (pending_.size() >= kWriteAtLeast || received_ == size() || held() == 0) work_on_file();
  if (!transfer_) after_transfer();
}

void Fetch::on_done(std::optional<OriginFault> fault) {
  transfer_.reset();
  if (fault && received_ < size()) {
    log::info("{} was interrupted at {} of {} bytes: {}", named(), received_, size(), fault->message);
    if (fault->kind == OriginFault::Kind::refused_address || fault->kind == OriginFault::Kind::bad_certificate)
      return fail({502, fault->message});
    return retry(std::nullopt, {status_of(*fault), fault->message});
  }
  if (received_ < size())
    return retry(std::nullopt,
                 {502, source_.host + " ended the file early, at byte " + std::to_string(received_) + "."});
  after_transfer();
}

// Waits, longer each time, and goes on where the bytes end.  A connection that brought something counts as a first try.
void Fetch::retry(std::optional<Duration> not_before, FetchFailure reason) {
  work_on_file();
  if (++tries_ > context_.setup.options.max_retries) return fail(std::move(reason));
  auto delay = context_.setup.options.retry_delay * (1 << std::min(tries_ - 1, kMaxDoublings));
  if (not_before) delay = std::max(delay, *not_before);
  // Clients that have nothing yet are better served by an answer than by waiting: most give up after 10 s of silence.
  bool nothing_came = received_ == begun_at_;
  if (nothing_came && monotonic_now() + delay > begun_ + context_.setup.origin.connect_timeout)
    return fail(std::move(reason));
  log::info("{} tries again in {} ms: {}", named(), delay.count(), reason.message);
  stage_ = Stage::pausing;
  retry_timer_.start(delay);
}

void Fetch::refresh() {
  work_on_file();
  if (fresher_source_ && *fresher_source_ != source_) {
    source_ = *std::exchange(fresher_source_, std::nullopt);
    return transfer();
  }
  if (++tries_ > context_.setup.options.max_retries)
    return fail({502, source_.host + " refuses every URL that the hub gives for this file."});
  stage_ = Stage::refreshing;
  refresher_.start(grants_, digest(), size(), [this](UrlRefresher::Answer answer) { on_refreshed(std::move(answer)); });
}

void Fetch::on_refreshed(UrlRefresher::Answer answer) {
  if (auto* url = std::get_if<http::Url>(&answer)) {
    ++context_.counters.urls_refreshed;
    source_ = std::move(*url);
    return transfer();
  }
  if (auto* trouble = std::get_if<UrlRefresher::Trouble>(&answer)) return retry(std::nullopt, {502, trouble->message});
  fail({502,
        "The URL of the file has expired, and the hub permits it to none of the clients that asked for it any more."});
}

// --- to the disk

// One piece of file work at a time: writing goes before hashing what an earlier run left.
void Fetch::work_on_file() {
  if (file_busy_ || !partial_) return;
  if (!pending_.empty()) return write_pending();
  if (after_writing_) return fail(*std::exchange(after_writing_, std::nullopt));
  if (!transfer_ && received_ == size() && stage_ == Stage::transferring) return commit();
  hash_some();
}

void Fetch::write_pending() {
  file_busy_ = true;
  auto bytes = std::make_shared<std::string>(std::exchange(pending_, {}));
  file_task_ = context_.pool.submit<Result<void>>(
      context_.loop, [partial = partial_, bytes] { return partial->append(*bytes); },
      [this](Result<void> written) { on_written(std::move(written)); });
}

void Fetch::hash_some() {
  if (file_busy_ || partial_->hashed() == held()) return;
  file_busy_ = true;
  using Left = Result<uint64_t>;
  file_task_ = context_.pool.submit<Left>(
      context_.loop, [partial = partial_] { return partial->rehash(kHashSlice); },
      [this](Left left) { on_written(left ? Result<void>() : tl::make_unexpected(std::move(left).error())); });
}

void Fetch::on_written(Result<void> written) {
  file_busy_ = false;
  if (!written) return fail({502, "Weir cannot store the file: " + written.error().message + "."});
  if (progress_->readable() != held()) {
    progress_->advance(held());
    tell_all();
  }
  if (transfer_ && transfer_paused_ && pending_.size() < kMaxPending) transfer_->resume_reading();
  work_on_file();
}

void Fetch::after_transfer() {
  work_on_file();
}

void Fetch::commit() {
  stage_ = Stage::committing;
  file_busy_ = true;
  using Committed = Result<std::shared_ptr<const cas::Blob>>;
  file_task_ = context_.pool.submit<Committed>(
      context_.loop, [partial = partial_] { return partial->commit(); },
      [this](Committed blob) { on_committed(std::move(blob)); });
}

void Fetch::on_committed(Result<std::shared_ptr<const cas::Blob>> blob) {
  file_busy_ = false;
  if (!blob) {
    if (blob.error().code == ErrorCode::digest_mismatch) {
      ++context_.counters.wrong_bytes;
      log::error("{}: the bytes from {} are wrong and in quarantine: {}", named(), source_.host, blob.error().message);
    }
    return fail({502, "The bytes that came are not the file: " + blob.error().message + "."});
  }
  ++context_.counters.completed;
  log::info("{} is complete: {} bytes, verified", named(), size());
  progress_->verify((*blob)->file());
  tell_all();
  end();
}

// --- the end

void Fetch::fail(FetchFailure failure) {
  if (stage_ == Stage::ended) return;
  stop();
  if (partial_ && (file_busy_ || !pending_.empty())) {
    // What has come is worth keeping for the next time.
    after_writing_ = std::move(failure);
    return work_on_file();
  }
  if (whole_wanted_) {
    ++context_.counters.failed;
    log::warning("{} has failed: {}", named(), failure.message);
  }
  progress_->fail(std::move(failure));
  tell_all();
  end();
}

void Fetch::stop() {
  transfer_.reset();
  refresher_.cancel();
  retry_timer_.stop();
}

void Fetch::end() {
  if (stage_ == Stage::ended) return;
  stage_ = Stage::ended;
  context_.owner.end_turn(*this);
  context_.owner.remove(*this);
}

void Fetch::tell_all() {
  for (const auto& member : members_) FetchMember::tell_progress(member);
}

}  // namespace weir::upstream
