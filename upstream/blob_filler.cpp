// SPDX-License-Identifier: Apache-2.0
#include "upstream/blob_filler.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "upstream/byte_ranges.h"

namespace weir::upstream {
namespace {

// Received and not yet written: above this the origin waits for the disk.
constexpr size_t kMaxUnwritten = 8 << 20;
// Of what is held from the start on.
constexpr uint64_t kMaxUnhashed = 2 << 20;
constexpr uint64_t kHashSlice = 8 << 20;
// While more comes, a piece that is not full waits so long behind the last write: fast sources fill it, and clients
// that read at the end of a slow one do not notice.
constexpr Duration kGatherTime{5};

}  // namespace

BlobFiller::BlobFiller(Loop& loop, DiskPool& pool, FillerOwner& owner)
    : loop_(loop), pool_(pool), owner_(owner), gathering_(loop, [this] { work(); }) {}

void BlobFiller::open(cas::BlobStore& store, const Sha256& digest, uint64_t size) {
  using Opened = Result<std::shared_ptr<cas::PartialBlob>>;
  busy_ = true;
  task_ = pool_.submit<Opened>(
      loop_, [&store, digest, size] { return store.open_partial(digest, size); },
      [this](Opened opened) {
        busy_ = false;
        if (!opened) return owner_.on_opened(tl::make_unexpected(std::move(opened).error()));
        partial_ = std::move(*opened);
        owner_.on_opened({});
      });
}

void BlobFiller::reserve(ByteRange range) {
  reserving_ = range;
  room_task_ = pool_.submit<Result<void>>(
      loop_, [partial = partial_, range] { return partial->reserve(range); },
      [this](Result<void> reserved) {
        reserving_.reset();
        owner_.on_reserved(std::move(reserved));
      });
}

bool BlobFiller::has_room() const {
  return received_.size() < kMaxUnwritten;
}

void BlobFiller::add(uint64_t offset, std::string_view bytes, cas::Trust trust) {
  received_.add(offset, bytes, trust);
  work();
}

std::vector<ByteRange> BlobFiller::missing(ByteRange within) const {
  auto missing = partial_->missing(within);
  for (const auto& piece : received_.pieces()) missing = without(missing, piece.range());
  return without(missing, writing_);
}

std::vector<ByteRange> BlobFiller::untrusted(ByteRange within) const {
  auto missing = partial_->missing(within);
  auto ranges = partial_->untrusted(within);
  auto take = [&](ByteRange range, cas::Trust trust) {
    if (trust == cas::Trust::untrusted)
      for (auto part : common(missing, {range})) ranges.push_back(part);
  };
  take(writing_, writing_trust_);
  for (const auto& piece : received_.pieces()) take(piece.range(), piece.trust);
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  if (writing_trust_ == cas::Trust::trusted) ranges = without(ranges, writing_);
  for (const auto& piece : received_.pieces())
    if (piece.trust == cas::Trust::trusted) ranges = without(ranges, piece.range());
  return ranges;
}

bool BlobFiller::has_anything() const {
  return !received_.empty() || busy_ || !partial_->present_ranges().empty();
}

bool BlobFiller::settle() {
  settling_ = partial_ && (busy_ || checkpointing_ || reserving_ || !received_.empty());
  if (settling_) work();
  return !settling_;
}

void BlobFiller::reject() {
  received_.clear();
  settling_ = in_doubt_ = true;
  work();
}

// Writing goes before hashing; where that would leave too much to the end they take turns.
void BlobFiller::work() {
  if (busy_ || !partial_ || failure_) return;
  if (wants_checkpoint()) make_checkpoint();
  uint64_t unhashed = partial_->present() - partial_->hashed();
  if (!received_.empty()) {
    if (unhashed >= kMaxUnhashed && std::exchange(wrote_last_, false)) return hash_some();
    if (may_write()) return write_piece();
    return unhashed > 0 ? hash_some() : gathering_.start(kGatherTime);
  }
  if (checkpointing_) return unhashed > 0 ? hash_some() : void();
  if (in_doubt_) return reject_held();
  if (settling_ && reserving_) return;
  if (std::exchange(settling_, false)) return owner_.on_settled();
  if (!forgetting_.empty()) return forget_some();
  if (partial_->complete() && owner_.may_commit()) return commit();
  if (unhashed > 0) return hash_some();
  if (!owner_.expects_bytes()) save_map();
}

bool BlobFiller::may_write() {
  if (settling_ || !owner_.expects_bytes() || received_.has_full_piece()) return true;
  return monotonic_now() - written_at_ >= kGatherTime;
}

void BlobFiller::write_piece() {
  gathering_.stop();
  map_saved_ = false;
  busy_ = wrote_last_ = true;
  auto piece = std::make_shared<ReceivedBytes::Piece>(received_.take());
  writing_ = piece->range();
  writing_trust_ = piece->trust;
  using Written = Result<cas::WriteOutcome>;
  task_ = pool_.submit<Written>(
      loop_,
      [partial = partial_, piece, version = std::exchange(unsaved_version_, std::nullopt)] {
        if (version) partial->set_version(*version);
        return partial->write(piece->offset, piece->bytes, piece->trust);
      },
      [this, piece](Written written) {
        auto range = std::exchange(writing_, {});
        written_at_ = monotonic_now();
        if (written && piece->trust == cas::Trust::trusted) owner_.on_trusted(range, written->contradicted);
        received_.give_back(std::move(*piece));
        on_done(written ? Result<void>() : tl::make_unexpected(std::move(written).error()));
      });
}

void BlobFiller::hash_some() {
  busy_ = true;
  using Left = Result<uint64_t>;
  task_ = pool_.submit<Left>(
      loop_, [partial = partial_] { return partial->rehash(kHashSlice); },
      [this](Left left) { on_done(left ? Result<void>() : tl::make_unexpected(std::move(left).error())); });
}

// Nothing more comes for a while: what is held survives a kill from here on.
void BlobFiller::save_map() {
  if (std::exchange(map_saved_, true)) return;
  busy_ = true;
  task_ = pool_.submit<Result<void>>(
      loop_, [partial = partial_] { return partial->save_map(); },
      [this](Result<void> saved) { on_done(std::move(saved)); });
}

// A commit that is near syncs all the same.
bool BlobFiller::wants_checkpoint() const {
  if (checkpointing_ || settling_ || !partial_->is_checkpoint_due()) return false;
  return !missing({0, partial_->size()}).empty();
}

void BlobFiller::make_checkpoint() {
  checkpointing_ = true;
  checkpoint_task_ = pool_.submit<Result<void>>(
      loop_, [partial = partial_] { return partial->checkpoint(); },
      [this](Result<void> made) {
        checkpointing_ = false;
        // What is written beside it fails because of it.
        if (!made) failure_ = made.error();
        if (failure_) return tell_failure();
        work();
      });
}

void BlobFiller::forget(const std::vector<ByteRange>& ranges) {
  forgetting_.insert(forgetting_.end(), ranges.begin(), ranges.end());
  work();
}

void BlobFiller::forget_some() {
  busy_ = true;
  task_ = pool_.submit<Result<void>>(
      loop_,
      [partial = partial_, ranges = std::exchange(forgetting_, {})]() -> Result<void> {
        for (auto range : ranges) TRY(partial->forget(range));
        return {};
      },
      [this](Result<void> forgotten) {
        busy_ = false;
        if (!forgotten) return owner_.on_store_failed(forgotten.error());
        owner_.on_forgotten();
        work();
      });
}

void BlobFiller::commit() {
  busy_ = true;
  owner_.on_committing();
  using Committed = Result<std::shared_ptr<const cas::Blob>>;
  task_ = pool_.submit<Committed>(
      loop_, [partial = partial_] { return partial->commit(); },
      [this](Committed blob) {
        busy_ = false;
        owner_.on_committed(std::move(blob));
      });
}

void BlobFiller::reject_held() {
  in_doubt_ = false;
  busy_ = true;
  task_ = pool_.submit<Result<void>>(
      loop_, [partial = partial_] { return partial->reject(); },
      [this](Result<void> rejected) {
        busy_ = false;
        if (!rejected) log::warning("{}", rejected.error().message);
        work();
      });
}

void BlobFiller::on_done(Result<void> done) {
  busy_ = false;
  if (!done && !failure_) failure_ = done.error();
  if (failure_) return tell_failure();
  owner_.on_written();
  work();
}

// Before the pool has let go of the file nobody else could open it.
void BlobFiller::tell_failure() {
  received_.clear();
  if (busy_ || checkpointing_) return;
  auto failure = *std::exchange(failure_, {});
  owner_.on_store_failed(failure);
}

}  // namespace weir::upstream
