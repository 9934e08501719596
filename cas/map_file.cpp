// SPDX-License-Identifier: Apache-2.0
#include "cas/map_file.h"

#include <string>
#include <system_error>

#include "base/files.h"
#include "base/log.h"
#include "cas/map_format.h"

namespace weir::cas {
namespace {

// Four million runs.
constexpr uint64_t kMapLimit = 64 << 20;

Result<void> write_new(const std::filesystem::path& path, const MapFile::Runs& runs, bool synced) {
  TRY_ASSIGN(auto fd, create_new(path));
  TRY(pwrite_all(fd.get(), encode_map(runs), 0, "writing " + path.string()));
  return synced ? sync_file(fd.get(), path) : Result<void>();
}

}  // namespace

Result<MapFile::Opened> MapFile::open() {
  TRY_ASSIGN(auto file, open_existing(path(), Access::read));
  exists_ = file.found == Found::plain;
  Opened opened{file.found, std::nullopt};
  if (!exists_ || file.stamp.size > kMapLimit) return opened;
  auto bytes = read_up_to(file.fd.get(), static_cast<size_t>(file.stamp.size), path());
  if (bytes) opened.runs = decode_map(*bytes);
  return opened;
}

Result<void> MapFile::establish(const Runs& runs) {
  return write(runs, Durability::against_power_failure);
}

bool MapFile::is_due(uint64_t bytes) {
  unsaved_ += bytes;
  return is_behind() && (unsaved_ >= kMapSaveBytes || monotonic_now() - saved_at_ >= kMapSaveInterval);
}

Result<void> MapFile::save(const Runs& runs) {
  return write(runs, Durability::against_kill);
}

Result<void> MapFile::remove() {
  TRY(remove_name(path()));
  exists_ = false;
  return {};
}

Result<void> MapFile::write(const Runs& runs, Durability durability) {
  bool synced = durability == Durability::against_power_failure;
  auto temporary = layout_.new_temporary();
  auto written = write_new(temporary, runs, synced);
  if (written) written = move_over(temporary, path());
  if (!written) {
    (void)remove_name(temporary);
    return written;
  }
  exists_ = true;
  unsaved_ = 0;
  saved_at_ = monotonic_now();
  return synced ? sync_folder(layout_.partials()) : Result<void>();
}

Result<void> remove_partial(const Layout& layout, const Sha256& digest) {
  TRY(remove_name(layout.partial(digest)));
  TRY(sync_folder(layout.partials()));
  return remove_name(layout.partial_map(digest));
}

Result<void> remove_leftover_maps(const Layout& layout) {
  std::error_code error;
  for (auto& file : std::filesystem::directory_iterator(layout.partials(), error)) {
    if (file.path().extension() != kMapSuffix) continue;
    auto data = file.path();
    data.replace_extension();
    std::error_code failed;
    if (std::filesystem::symlink_status(data, failed).type() != std::filesystem::file_type::not_found) continue;
    if (auto removed = remove_name(file.path()); !removed) log::warning("{}", removed.error().message);
  }
  if (error) return fail(errno_error("listing " + layout.partials().string(), error.value()));
  return {};
}

}  // namespace weir::cas
