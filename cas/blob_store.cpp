// SPDX-License-Identifier: Apache-2.0
#include "cas/blob_store.h"

#include <limits>

#include "base/log.h"
#include "cas/boot_mark.h"
#include "cas/disk.h"
#include "cas/layout.h"
#include "cas/map_file.h"

namespace weir::cas {
namespace {

constexpr char kHowToBegin[] =
    "; there is no store yet: make the file system writable for the first start, or give another folder for the store";

// What the last run left, before new bytes come.
Result<void> settle_leftovers(const Layout& layout) {
  TRY(prepare(layout));
  TRY(remove_leftover_maps(layout));
  return settle_partials(layout);
}

// Where the file system takes no change, the lock of a store that is there is taken all the same.
Result<StoreLock> take_ownership(const Layout& layout) {
  auto made = make_root(layout);
  auto lock = made ? StoreLock::take(layout.lock()) : fail(made.error());
  bool is_new = !is_plain_file(layout.version());
  if (!lock && lock.error().code == ErrorCode::read_only && is_new) lock.error().message += kHowToBegin;
  return lock;
}

}  // namespace

Result<std::unique_ptr<BlobStore>> BlobStore::open(const Options& options) {
  Layout layout(options.root);
  TRY_ASSIGN(auto lock, take_ownership(layout));
  bool takes_changes = lock.is_exclusive();
  auto spare_room = std::make_unique<SpareRoom>(layout.spare());
  TRY(takes_changes ? settle_leftovers(layout) : check_version(layout));
  TRY_ASSIGN(auto shelf, Shelf::open(layout, Quarantine::Limits{}));
  std::unique_ptr<BlobStore> store(new BlobStore(std::move(lock), std::move(spare_room), std::move(shelf), options));
  if (!takes_changes) {
    store->health_.doubt({ErrorCode::read_only, "the store was opened on a read-only file system"}, wall_now());
    return store;
  }
  store->settled_ = true;
  TRY(store->loose_files_.load(layout));
  return store;
}

BlobStore::BlobStore(StoreLock lock, std::unique_ptr<SpareRoom> spare_room, std::unique_ptr<Shelf> shelf,
                     const Options& options)
    : lock_(std::move(lock)),
      spare_room_(std::move(spare_room)),
      shelf_(std::move(shelf)),
      stock_(*shelf_, loose_files_),
      space_(options, stock_),
      health_(shelf_->layout(), space_, [this] { return settle(); }) {}

BlobStore::~BlobStore() {
  if (!settled_) return;
  if (auto closed = close_partials(shelf_->layout()); !closed)
    log::warning("a power failure may cost partial downloads: {}", closed.error().message);
}

// What open() leaves for a disk that takes changes.
Result<void> BlobStore::settle() {
  if (settled_) return {};
  TRY(lock_.make_exclusive());
  TRY(settle_leftovers(shelf_->layout()));
  TRY(loose_files_.load(shelf_->layout()));
  // The index says on the disk that the store is open before there is an object that it may lack.
  TRY(shelf_->catalog().flush());
  settled_ = true;
  return {};
}

Result<void> BlobStore::check_settled() const {
  if (settled_) return {};
  return fail(ErrorCode::read_only, "the store was opened on a read-only file system, and waits until it takes bytes");
}

Result<std::optional<LockNote>> BlobStore::read_lock_note(const std::filesystem::path& root) {
  return StoreLock::read_note(Layout(root).lock());
}

std::optional<uint64_t> BlobStore::size_of(const Sha256& digest) const {
  auto stamp = shelf_->catalog().verified(digest);
  if (!stamp) return std::nullopt;
  return stamp->size;
}

Result<std::shared_ptr<PartialBlob>> BlobStore::open_partial(const Sha256& digest, uint64_t size) {
  if (size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return fail(ErrorCode::invalid, "a blob cannot have " + std::to_string(size) + " bytes");
  TRY(check_settled());
  auto claim = stock_.claim(digest);
  if (!claim) return fail(ErrorCode::busy, digest.hex() + " is being filled already");
  return PartialBlob::open(*shelf_, loose_files_, space_, std::move(claim), size);
}

Result<std::unique_ptr<NewBlob>> BlobStore::create_unnamed(uint64_t expected_size) {
  TRY(check_settled());
  return NewBlob::create(*shelf_, loose_files_, space_, expected_size);
}

void BlobStore::settle_size(const Sha256& digest, uint64_t size) {
  auto partial = open_existing(shelf_->layout().partial(digest), Access::read);
  if (!partial || partial->found != Found::plain || partial->stamp.size <= size) return;
  log::warning("the partial blob {} is longer than its {} bytes; it is removed", digest.hex(), size);
  Candidate candidate;
  candidate.digest = digest;
  if (auto removed = stock_.remove_partial(candidate); !removed) log::warning("{}", removed.error().message);
}

bool BlobStore::has_partial(const Sha256& digest) const {
  return is_plain_file(shelf_->layout().partial(digest));
}

Result<Verdict> BlobStore::verify(const Sha256& digest, const ReadGate& gate, Unreadable unreadable) {
  auto verdict = shelf_->verify(digest, gate, unreadable);
  if (verdict) ++verdicts_[static_cast<size_t>(*verdict)];
  return verdict;
}

bool BlobStore::recent_quarantine(const Sha256& digest, WallTime now) const {
  auto last = shelf_->quarantined().last(digest);
  return last && (now - *last < kQuarantineMemory || !has(digest));
}

}  // namespace weir::cas
