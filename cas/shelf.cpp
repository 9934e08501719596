// SPDX-License-Identifier: Apache-2.0
#include "cas/shelf.h"

#include <unistd.h>

#include <vector>

#include "base/files.h"
#include "base/log.h"
#include "cas/disk.h"
#include "cas/map_file.h"

namespace weir::cas {
namespace {

constexpr mode_t kObjectMode = 0400;
// Open at a time for nobody, and how large one of them may be: what is removed behind Weir's back takes room as long.
constexpr size_t kRecentFiles = 128;
constexpr uint64_t kLargestRecentFile = 1 << 20;
// How often publish() looks again when the object that is in its way changes under it.
constexpr int kPublishAttempts = 3;

// From the disk, so that rot shows, and without driving out of the page cache what clients read.
Result<void> hash_whole(const OpenedFile& object, Sha256Hasher& hasher, const ReadGate& gate) {
  int fd = object.fd.get();
  uint64_t size = object.stamp.size;
  if (is_cached(fd)) return hash_range(fd, 0, size, hasher, gate);
  drop_from_cache(fd, size);
  uint64_t begun = 0;
  auto drop_and_ask = [&](size_t bytes) {
    drop_from_cache(fd, begun);
    begun += bytes;
    return !gate || gate(bytes);
  };
  auto hashed = hash_range(fd, 0, size, hasher, drop_and_ask);
  drop_from_cache(fd, size);
  return hashed;
}

// Those that are named by two digits of a digest, and no links, which lead out of the store.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder) {
  auto paths = paths_in(folder);
  if (!paths) return {};
  std::erase_if(*paths, [](const std::filesystem::path& path) {
    std::error_code error;
    return path.filename().string().size() != 2 ||
           !std::filesystem::is_directory(std::filesystem::symlink_status(path, error));
  });
  return std::move(*paths);
}

}  // namespace

Result<std::unique_ptr<Shelf>> Shelf::open(const Layout& layout, const Quarantine::Limits& limits) {
  std::unique_ptr<Shelf> shelf(new Shelf(layout));
  TRY_ASSIGN(shelf->quarantine_, Quarantine::open(layout, limits));
  TRY_ASSIGN(shelf->catalog_, Catalog::open(layout));
  return shelf;
}

Shelf::Shelf(const Layout& layout) : layout_(layout), recent_(kRecentFiles) {}

Result<std::optional<std::shared_ptr<const Blob>>> Shelf::open_blob(const Sha256& digest) {
  auto hold = open_files_->hold(digest);
  auto recorded = catalog_->verified(digest);
  if (!recorded) return std::nullopt;
  auto file = recent_.find(digest);
  if (!file || !is_as_recorded(file->get(), *recorded)) {
    TRY_ASSIGN(file, open_object(digest, *recorded));
  }
  if (!file) return std::nullopt;
  catalog_->touch(digest, wall_now());
  return std::make_shared<const Blob>(
      std::make_shared<const BlobFile>(std::move(file), digest, recorded->size, std::move(hold)));
}

// Null, and trusted no more, when it is not what was recorded.
Result<RecentFiles::File> Shelf::open_object(const Sha256& digest, const FileStamp& recorded) {
  recent_.drop(digest);
  TRY_ASSIGN(auto object, open_by_name(digest));
  if (object.found == Found::absent) {
    log::warning("the blob {} has gone from the store", digest.hex());
    catalog_->forget(digest, recorded);
    return nullptr;
  }
  if (object.found == Found::foreign || object.stamp != recorded) {
    log::warning("the blob {} was changed since it was stored; it is verified again before it is used", digest.hex());
    catalog_->doubt(digest, recorded);
    return nullptr;
  }
  auto file = std::make_shared<const UniqueFd>(std::move(object.fd));
  if (recorded.size > kLargestRecentFile) return file;
  recent_.keep(digest, file);
  // Who removed it meanwhile has dropped it before it was kept.
  if (!catalog_->verified(digest)) recent_.drop(digest);
  return file;
}

// Where descriptors run out, those that only save time are given back first.
Result<OpenedFile> Shelf::open_by_name(const Sha256& digest) {
  if (is_behind_link(layout_, digest)) return OpenedFile{};
  auto object = open_existing(layout_.object(digest), Access::read);
  if (object || object.error().code != ErrorCode::no_descriptors) return object;
  recent_.clear();
  return open_existing(layout_.object(digest), Access::read);
}

Result<std::shared_ptr<const Blob>> Shelf::publish(std::shared_ptr<const BlobFile> file,
                                                   const std::filesystem::path& from, const FileStamp& verified,
                                                   Loose& loose) {
  TRY_ASSIGN(bool placed_before, is_name_of(layout_.object(file->digest()), file->fd()));
  if (placed_before) {
    TRY(publish_again(*file, from));
    return std::make_shared<const Blob>(std::move(file));
  }
  TRY(seal(*file, from));
  TRY(make_object_folders(layout_, file->digest()));
  for (int attempt = 0; attempt < kPublishAttempts; ++attempt) {
    TRY_ASSIGN(bool placed, place(*file, from, verified, loose));
    if (placed) {
      TRY(make_durable(*file, from));
      return std::make_shared<const Blob>(std::move(file));
    }
    TRY_ASSIGN(auto held, open_blob(file->digest()));
    if (held) {
      TRY(remove_name(from));
      loose.clear();
      return *held;
    }
    // Something that is not trusted has the name: it proves itself or makes room.
    TRY(verify(file->digest()));
  }
  return fail(ErrorCode::io, layout_.object(file->digest()).string() + " is being changed by somebody else");
}

// After a sync that failed the kernel may drop the bytes and say nothing of it when it is asked again, so they are not
// kept.
Result<void> Shelf::seal(const BlobFile& file, const std::filesystem::path& from) {
  TRY(set_mode(file.fd(), kObjectMode, from));
  auto synced = sync_file(file.fd(), from);
  if (!synced) (void)remove_name(from);
  return synced;
}

// A former attempt gave it its name and then could not sync the folders.
Result<void> Shelf::publish_again(const BlobFile& file, const std::filesystem::path& from) {
  TRY_ASSIGN(auto verdict, verify(file.digest()));
  if (verdict != Verdict::right)
    return fail(ErrorCode::io, layout_.object(file.digest()).string() + " was changed while it was being stored");
  return make_durable(file, from);
}

// False when something stands under the name already.
Result<bool> Shelf::place(const BlobFile& file, const std::filesystem::path& from, const FileStamp& verified,
                          Loose& loose) {
  std::lock_guard lock(placing_);
  auto to = layout_.object(file.digest());
  // They were made, durably, before: empty ones may have gone since.
  TRY(make_object_folders(layout_, file.digest()));
  TRY_ASSIGN(bool moved, move_unless_exists(from, to));
  if (!moved) return false;
  TRY_ASSIGN(auto stamp, stamp_of(file.fd(), to));
  bool right = same_bytes(stamp, verified);
  catalog_->put(file.digest(), Entry{stamp, wall_now(), right ? Verification::verified : Verification::unverified});
  loose.clear();
  if (!right) return fail(ErrorCode::io, to.string() + " was changed while it was being stored");
  return true;
}

Result<void> Shelf::make_durable(const BlobFile& file, const std::filesystem::path& from) {
  auto synced = sync_folder(layout_.object(file.digest()).parent_path());
  if (synced) synced = sync_folder(from.parent_path());
  if (!synced) {
    if (auto stamp = catalog_->verified(file.digest())) catalog_->doubt(file.digest(), *stamp);
    return synced;
  }
  // The blob is safe without its row: until the index is closed well, a start finds it by walking.
  if (auto flushed = catalog_->flush(); !flushed)
    log::warning("the store's index is behind: {}", flushed.error().message);
  return {};
}

Result<Verdict> Shelf::verify(const Sha256& digest, const ReadGate& gate, Unreadable unreadable) {
  TRY_ASSIGN(auto object, open_by_name(digest));
  if (object.found == Found::absent) return settle_verdict(digest, object, Verdict::absent);
  if (object.found == Found::foreign) return settle_verdict(digest, object, Verdict::wrong);
  Sha256Hasher hasher;
  auto read = hash_whole(object, hasher, gate);
  if (!read && read.error().code == ErrorCode::cancelled) return fail(read.error());
  if (!read) {
    log::error("the blob {} cannot be read: {}", digest.hex(), read.error().message);
    if (unreadable == Unreadable::leave) return Verdict::unreadable;
  }
  bool right = read && hasher.finish() == digest;
  return settle_verdict(digest, object, right ? Verdict::right : Verdict::wrong);
}

Result<Verdict> Shelf::settle_verdict(const Sha256& digest, const OpenedFile& object, Verdict verdict) {
  std::lock_guard lock(placing_);
  auto path = layout_.object(digest);
  TRY_ASSIGN(auto now_there, open_by_name(digest));
  // Whoever changed or replaced it meanwhile has the say.
  if (now_there.found != object.found || now_there.stamp != object.stamp)
    return catalog_->verified(digest) ? Verdict::right : Verdict::absent;
  if (verdict == Verdict::right) {
    // What was trusted already keeps the time of its last use.
    if (catalog_->verified(digest) != object.stamp)
      catalog_->put(digest, Entry{object.stamp, wall_now(), Verification::verified});
    return verdict;
  }
  catalog_->forget(digest);
  recent_.drop(digest);
  if (verdict != Verdict::wrong) return verdict;
  auto moved = quarantine(path, digest);
  // A disk that takes no change keeps it where it is, where nobody is given it.
  if (!moved && moved.error().code != ErrorCode::read_only) return fail(moved.error());
  return verdict;
}

Result<void> Shelf::take_down_unverified(const Sha256& digest, uint64_t size_at_most) {
  std::lock_guard lock(placing_);
  if (catalog_->verified(digest)) return {};
  auto path = layout_.object(digest);
  TRY_ASSIGN(auto object, open_by_name(digest));
  catalog_->forget(digest);
  if (object.found == Found::absent) return {};
  if (object.found == Found::foreign || object.stamp.size > size_at_most) return quarantine(path, digest);
  TRY(remove_partial(layout_, digest));
  // All its bytes are on the disk: a power failure shall not cost what was stored.
  TRY(sync_file(object.fd.get(), path));
  TRY(write_checkpoint(layout_, digest, {{0, object.stamp.size}}));
  TRY(move_over(path, layout_.partial(digest)));
  TRY(sync_folder(layout_.partials()));
  return sync_folder(path.parent_path());
}

Result<bool> Shelf::remove(const Candidate& blob) {
  std::lock_guard lock(placing_);
  std::optional<Entry> entry;
  open_files_->forget_unless_held(blob.digest, [&] { entry = catalog_->take(blob.digest, blob.used); });
  if (!entry) return false;
  recent_.drop(blob.digest);
  auto removed = is_behind_link(layout_, blob.digest) ? Result<void>() : remove_name(layout_.object(blob.digest));
  if (!removed) catalog_->put(blob.digest, *entry);
  return removed ? Result<bool>(true) : fail(removed.error());
}

Result<std::optional<uint64_t>> Shelf::discard(const Sha256& digest) {
  std::lock_guard lock(placing_);
  TRY_ASSIGN(auto object, open_by_name(digest));
  if (object.found != Found::plain) return std::nullopt;
  TRY(remove_name(layout_.object(digest)));
  catalog_->forget(digest);
  recent_.drop(digest);
  return object.stamp.size;
}

void Shelf::remove_empty_folders() {
  std::lock_guard lock(placing_);
  for (const auto& outer : folders_in(layout_.objects())) {
    for (const auto& inner : folders_in(outer)) ::rmdir(inner.c_str());
    ::rmdir(outer.c_str());
  }
}

Result<void> Shelf::quarantine(const std::filesystem::path& path, const Sha256& digest) {
  recent_.drop(digest);
  TRY(quarantine_->take(path, digest, wall_now()));
  return sync_folder(path.parent_path());
}

}  // namespace weir::cas
