// SPDX-License-Identifier: Apache-2.0
#include "cas/map_file.h"

#include <string>
#include <system_error>

#include "base/files.h"
#include "base/log.h"
#include "cas/map_format.h"

namespace weir::cas {
namespace {

// Close to four million runs.
constexpr uint64_t kMapLimit = 64 << 20;

enum class Durability { against_kill, against_power_failure };

Result<void> write_new(const std::filesystem::path& path, const Runs& runs, Durability durability) {
  TRY_ASSIGN(auto fd, create_new(path));
  TRY(pwrite_all(fd.get(), encode_map(runs), 0, "writing " + path.string()));
  return durability == Durability::against_power_failure ? sync_file(fd.get(), path) : Result<void>();
}

// Puts a map under its name in one step.
Result<void> replace_map(const Layout& layout, const std::filesystem::path& path, const Runs& runs,
                         Durability durability) {
  auto temporary = layout.new_temporary();
  auto written = write_new(temporary, runs, durability);
  if (written) written = move_over(temporary, path);
  if (!written) (void)remove_name(temporary);
  return written;
}

// The runs of a map file that is sound.
Result<std::optional<Runs>> read_map_file(const OpenedFile& file, const std::filesystem::path& path) {
  if (file.found != Found::plain || file.stamp.size > kMapLimit) return std::nullopt;
  TRY_ASSIGN(auto bytes, read_up_to(file.fd.get(), static_cast<size_t>(file.stamp.size), path));
  return decode_map(bytes);
}

// The partial blob's file that a map or a checkpoint speaks of.
std::optional<std::filesystem::path> file_beside(const std::filesystem::path& path) {
  if (path.extension() != kMapSuffix && path.extension() != kCheckpointSuffix) return std::nullopt;
  auto file = path;
  return file.replace_extension();
}

}  // namespace

Result<MapFile::Opened> MapFile::open() {
  TRY_ASSIGN(auto file, open_existing(path(), Access::read));
  exists_ = file.found == Found::plain;
  auto runs = read_map_file(file, path());
  return Opened{file.found, runs ? std::move(*runs) : std::nullopt};
}

Result<void> MapFile::establish(const Runs& runs) {
  TRY(on_written(replace_map(layout_, path(), runs, Durability::against_power_failure)));
  return sync_folder(layout_.partials());
}

bool MapFile::is_due(uint64_t bytes) {
  unsaved_ += bytes;
  return is_behind() && (unsaved_ >= kMapSaveBytes || monotonic_now() - saved_at_ >= kMapSaveInterval);
}

Result<void> MapFile::save(const Runs& runs) {
  return on_written(replace_map(layout_, path(), runs, Durability::against_kill));
}

Result<void> MapFile::remove() {
  TRY(remove_name(path()));
  exists_ = false;
  return remove_checkpoint(layout_, digest_);
}

Result<void> MapFile::on_written(Result<void> written) {
  if (!written) return written;
  exists_ = true;
  unsaved_ = 0;
  saved_at_ = monotonic_now();
  return {};
}

Result<void> write_checkpoint(const Layout& layout, const Sha256& digest, const Runs& runs) {
  TRY(replace_map(layout, layout.partial_checkpoint(digest), runs, Durability::against_power_failure));
  return sync_folder(layout.partials());
}

bool has_checkpoint(const Layout& layout, const Sha256& digest) {
  return is_plain_file(layout.partial_checkpoint(digest));
}

// Synced, or a power failure could bring the checkpoint back beside a newer file of that name.
Result<void> remove_checkpoint(const Layout& layout, const Sha256& digest) {
  if (!has_checkpoint(layout, digest)) return {};
  TRY(remove_name(layout.partial_checkpoint(digest)));
  return sync_folder(layout.partials());
}

Result<void> fall_back_to_checkpoint(const Layout& layout, const Sha256& digest) {
  auto path = layout.partial_checkpoint(digest);
  TRY_ASSIGN(auto file, open_existing(path, Access::read));
  TRY_ASSIGN(auto runs, read_map_file(file, path));
  if (!runs) return remove_partial(layout, digest);
  TRY(replace_map(layout, layout.partial_map(digest), *runs, Durability::against_power_failure));
  return sync_folder(layout.partials());
}

Result<void> remove_partial(const Layout& layout, const Sha256& digest) {
  TRY(remove_name(layout.partial(digest)));
  TRY(sync_folder(layout.partials()));
  TRY(remove_name(layout.partial_map(digest)));
  return remove_checkpoint(layout, digest);
}

Result<void> remove_leftover_maps(const Layout& layout) {
  TRY_ASSIGN(auto paths, paths_in(layout.partials()));
  bool removed_any = false;
  for (auto& path : paths) {
    auto file = file_beside(path);
    std::error_code failed;
    if (!file || std::filesystem::symlink_status(*file, failed).type() != std::filesystem::file_type::not_found)
      continue;
    if (auto removed = remove_name(path); !removed) log::warning("{}", removed.error().message);
    removed_any = true;
  }
  return removed_any ? sync_folder(layout.partials()) : Result<void>();
}

}  // namespace weir::cas
