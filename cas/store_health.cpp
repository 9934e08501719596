// SPDX-License-Identifier: Apache-2.0
#include "cas/store_health.h"

#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "cas/disk.h"

namespace weir::cas {
namespace {

// More than what a full file system finds in its last corners, and little enough for every few seconds.
constexpr size_t kProbeBytes = 1 << 20;

bool is_recent(const std::optional<Misfit>& misfit, WallTime now) {
  return misfit && now - misfit->when < kMisfitMemory && now >= misfit->when;
}

}  // namespace

std::string_view name_of(StoreTrouble::Kind kind) {
  switch (kind) {
    case StoreTrouble::Kind::full:
      return "full";
    case StoreTrouble::Kind::read_only:
      return "read-only";
    case StoreTrouble::Kind::no_descriptors:
      return "out of descriptors";
    case StoreTrouble::Kind::failing:
      break;
  }
  return "failing";
}

std::optional<StoreTrouble::Kind> trouble_in(const Error& error) {
  switch (error.code) {
    case ErrorCode::no_space:
      return StoreTrouble::Kind::full;
    case ErrorCode::read_only:
      return StoreTrouble::Kind::read_only;
    case ErrorCode::no_descriptors:
      return StoreTrouble::Kind::no_descriptors;
    case ErrorCode::io:
      return StoreTrouble::Kind::failing;
    default:
      return std::nullopt;
  }
}

std::optional<StoreTrouble> StoreHealth::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

std::optional<Misfit> StoreHealth::misfit(WallTime now) const {
  std::lock_guard lock(mutex_);
  return is_recent(misfit_, now) ? misfit_ : std::nullopt;
}

void StoreHealth::remember_misfit(const std::string& reason, WallTime now) {
  std::lock_guard lock(mutex_);
  if (!is_recent(misfit_, now)) log::warning("a file goes past the store, which takes smaller ones: {}", reason);
  misfit_ = Misfit{reason, now};
}

void StoreHealth::doubt(const Error& error, WallTime now) {
  // A limit of the configuration says nothing of the disk.
  if (error.code == ErrorCode::over_limit) return remember_misfit(error.message, now);
  if (!trouble_in(error)) return;
  std::lock_guard lock(checking_);
  if (!writable()) return;
  auto written = try_out();
  if (written) {
    if (trouble_in(error) == StoreTrouble::Kind::full) remember_misfit(error.message, now);
    return;
  }
  auto kind = trouble_in(written.error()).value_or(StoreTrouble::Kind::failing);
  log::error("the store is {} ({}): what is not in it already goes past it until it takes bytes again", name_of(kind),
             written.error().message);
  set(StoreTrouble{kind, written.error().message, now});
}

void StoreHealth::check(WallTime now) {
  std::lock_guard lock(checking_);
  auto before = trouble();
  if (!before) return;
  auto written = try_out();
  // What a quota leaves is not to be seen: there seems to be room, and the rests of failed downloads may be what fills
  // it.
  if (!written && trouble_in(written.error()) == StoreTrouble::Kind::full && space_.reserve(kProbeBytes)) {
    space_.remove_idle_partials();
    written = try_out();
  }
  if (!written) return;
  log::info("the store takes bytes again, after {} s", unix_seconds(now) - unix_seconds(before->since));
  set(std::nullopt);
}

void StoreHealth::set(std::optional<StoreTrouble> trouble) {
  std::lock_guard lock(mutex_);
  writable_.store(!trouble, std::memory_order_relaxed);
  trouble_ = std::move(trouble);
}

Result<void> StoreHealth::try_out() const {
  TRY(write_and_remove());
  return settle_();
}

Result<void> StoreHealth::write_and_remove() const {
  // Before room is made for it, which nothing could go for.
  if (is_on_read_only_disk(layout_.root()))
    return fail(ErrorCode::read_only, layout_.root().string() + " is on a read-only file system");
  auto room = space_.reserve(kProbeBytes);
  // A limit of the configuration is no trouble of the disk.
  if (!room && room.error().code != ErrorCode::over_limit) return fail(room.error());
  // Where all has gone it is not the store that is there: another disk was mounted, or this one taken away.
  if (!is_plain_file(layout_.version())) return fail(ErrorCode::io, layout_.version().string() + " has gone");
  // Somebody may have tidied up.
  TRY(make_folders(layout_));
  auto path = layout_.new_temporary();
  auto created = create_new(path);
  // There may be bytes left, but no file: then what is held has to make room for it.
  if (!created && trouble_in(created.error()) == StoreTrouble::Kind::full && space_.make_room_for_files())
    created = create_new(path);
  TRY_ASSIGN(auto fd, std::move(created));
  auto written = pwrite_all(fd.get(), std::string(kProbeBytes, '\0'), 0, "writing " + path.string());
  // Some file systems say it only now.
  if (written) written = sync_file(fd.get(), path);
  TRY(remove_name(path));
  return written;
}

}  // namespace weir::cas
