// SPDX-License-Identifier: Apache-2.0
#include "cas/shelf.h"

#include "base/files.h"
#include "base/log.h"
#include "cas/disk.h"
#include "cas/map_file.h"

namespace weir::cas {
namespace {

constexpr mode_t kObjectMode = 0400;
// How often publish() looks again when the object that is in its way changes under it.
constexpr int kPublishAttempts = 3;

}  // namespace

Result<std::unique_ptr<Shelf>> Shelf::open(const Layout& layout, const Quarantine::Limits& limits) {
  std::unique_ptr<Shelf> shelf(new Shelf(layout));
  TRY_ASSIGN(shelf->quarantine_, Quarantine::open(layout, limits));
  TRY_ASSIGN(shelf->catalog_, Catalog::open(layout));
  return shelf;
}

Result<std::optional<std::shared_ptr<const Blob>>> Shelf::open_blob(const Sha256& digest) {
  auto recorded = catalog_->verified(digest);
  if (!recorded) return std::nullopt;
  TRY_ASSIGN(auto object, open_existing(layout_.object(digest), Access::read));
  if (object.found == Found::absent) {
    log::warning("the blob {} has gone from the store", digest.hex());
    catalog_->forget(digest, *recorded);
    return std::nullopt;
  }
  if (object.found == Found::foreign || object.stamp != *recorded) {
    log::warning("the blob {} was changed since it was stored; it is verified again before it is used", digest.hex());
    catalog_->doubt(digest, *recorded);
    return std::nullopt;
  }
  catalog_->touch(digest, wall_now());
  return std::make_shared<const Blob>(std::make_shared<const BlobFile>(std::move(object.fd), digest, recorded->size));
}

Result<std::shared_ptr<const Blob>> Shelf::publish(std::shared_ptr<const BlobFile> file,
                                                   const std::filesystem::path& from) {
  TRY(set_mode(file->fd(), kObjectMode, from));
  TRY(sync_file(file->fd(), from));
  TRY(make_object_folders(layout_, file->digest()));
  for (int attempt = 0; attempt < kPublishAttempts; ++attempt) {
    TRY_ASSIGN(bool placed, place(*file, from));
    if (placed) {
      TRY(make_durable(*file, from));
      return std::make_shared<const Blob>(std::move(file));
    }
    TRY_ASSIGN(auto held, open_blob(file->digest()));
    if (held) {
      TRY(remove_name(from));
      return *held;
    }
    // Something that is not trusted has the name: it proves itself or makes room.
    TRY(verify(file->digest()));
  }
  return fail(ErrorCode::io, layout_.object(file->digest()).string() + " is being changed by somebody else");
}

// False when something stands under the name already.
Result<bool> Shelf::place(const BlobFile& file, const std::filesystem::path& from) {
  std::lock_guard lock(placing_);
  auto to = layout_.object(file.digest());
  TRY_ASSIGN(bool moved, move_unless_exists(from, to));
  if (!moved) return false;
  TRY_ASSIGN(auto stamp, stamp_of(file.fd(), to));
  catalog_->put(file.digest(), Entry{stamp, wall_now(), Trust::verified});
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

Result<bool> Shelf::verify(const Sha256& digest, const std::atomic<bool>* stop) {
  auto path = layout_.object(digest);
  TRY_ASSIGN(auto object, open_existing(path, Access::read));
  bool right = false;
  if (object.found == Found::plain) {
    Sha256Hasher hasher;
    TRY(hash_range(object.fd.get(), 0, object.stamp.size, hasher, stop));
    right = hasher.finish() == digest;
  }
  std::lock_guard lock(placing_);
  TRY_ASSIGN(auto now_there, open_existing(path, Access::read));
  // Whoever changed or replaced it meanwhile has the say.
  if (now_there.found != object.found || now_there.stamp != object.stamp) return catalog_->verified(digest).has_value();
  if (right) {
    catalog_->put(digest, Entry{object.stamp, wall_now(), Trust::verified});
    return true;
  }
  catalog_->forget(digest);
  if (object.found != Found::absent) TRY(quarantine(path, digest));
  return false;
}

Result<void> Shelf::take_down_unverified(const Sha256& digest, uint64_t size_at_most) {
  std::lock_guard lock(placing_);
  if (catalog_->verified(digest) || !has_object_folders(layout_, digest)) return {};
  auto path = layout_.object(digest);
  TRY_ASSIGN(auto object, open_existing(path, Access::read));
  catalog_->forget(digest);
  if (object.found == Found::absent) return {};
  if (object.found == Found::foreign || object.stamp.size > size_at_most) return quarantine(path, digest);
  TRY(remove_partial(layout_, digest));
  TRY(move_over(path, layout_.partial(digest)));
  TRY(sync_folder(layout_.partials()));
  return sync_folder(path.parent_path());
}

Result<void> Shelf::quarantine(const std::filesystem::path& path, const Sha256& digest) {
  TRY(quarantine_->take(path, digest, wall_now()));
  return sync_folder(path.parent_path());
}

}  // namespace weir::cas
