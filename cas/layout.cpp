// SPDX-License-Identifier: Apache-2.0
#include "cas/layout.h"

#include <sys/stat.h>

#include <string>

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "cas/disk.h"

namespace weir::cas {
namespace {

constexpr char kVersionLine[] = "weir-store 1\n";
constexpr char kHowToHaveVersion[] =
    "if the store is Weir's, put a file there with the line weir-store 1; or give another folder for the store";
constexpr size_t kVersionLimit = 256;
constexpr size_t kTemporaryNameBytes = 16;
constexpr mode_t kRootMode = 0700;
constexpr mode_t kVersionMode = 0600;

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::symlink_status(path, error).type() != std::filesystem::file_type::not_found;
}

// The version is written before the folders, so a store never stands without one, whenever a crash comes.
Result<void> write_version(const Layout& layout) {
  if (is_there(layout.objects()) || is_there(layout.index()))
    return fail(ErrorCode::invalid, layout.root().string() + " holds objects/ or index.db, but no version file: " +
                                        "restore the file, or give another folder for the store");
  return write_file_atomically(layout.version(), kVersionLine, kVersionMode);
}

Result<void> empty_temporary(const Layout& layout) {
  TRY_ASSIGN(auto leftovers, paths_in(layout.temporary()));
  for (auto& leftover : leftovers) {
    std::error_code failed;
    std::filesystem::remove_all(leftover, failed);
    if (failed) log::warning("cannot remove the leftover {}: {}", leftover.string(), failed.message());
  }
  return {};
}

bool is_private(const std::filesystem::path& folder) {
  struct stat status = {};
  return ::stat(folder.c_str(), &status) == 0 && (status.st_mode & 07777) == kRootMode;
}

bool is_link(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_symlink(path, error);
}

Result<void> make_object_folder(const std::filesystem::path& path) {
  if (is_link(path)) {
    log::warning("{} is a link: it is removed, and what it leads to is left alone", path.string());
    TRY(remove_name(path));
  }
  return make_own_folder(path);
}

}  // namespace

std::filesystem::path Layout::object(const Sha256& digest) const {
  auto name = digest.hex();
  return objects() / name.substr(0, 2) / name.substr(2, 2) / name;
}

std::filesystem::path Layout::partial_map(const Sha256& digest) const {
  return partial(digest) += kMapSuffix;
}

std::filesystem::path Layout::partial_checkpoint(const Sha256& digest) const {
  return partial(digest) += kCheckpointSuffix;
}

std::filesystem::path Layout::new_temporary() const {
  return temporary() / to_hex(random_bytes(kTemporaryNameBytes));
}

Result<void> make_root(const Layout& layout) {
  if (layout.root().empty()) return fail(ErrorCode::invalid, "the store needs a folder: give its path");
  TRY(make_folder(layout.root(), kRootMode));
  // A folder that was there already is made private when it is the store's alone.
  std::error_code error;
  bool ours = std::filesystem::is_empty(layout.root(), error) || is_there(layout.version());
  if (ours && !is_private(layout.root()) && ::chmod(layout.root().c_str(), kRootMode) != 0)
    log::warning("{}", errno_error("making " + layout.root().string() + " private").message);
  return {};
}

Result<void> check_version(const Layout& layout) {
  auto version = read_regular_file(layout.version(), Links::refuse, kVersionLimit);
  if (!version && version.error().code == ErrorCode::invalid)
    return fail(ErrorCode::unsupported, version.error().message + ": " + kHowToHaveVersion);
  if (!version) return fail(version.error());
  if (!*version) return write_version(layout);
  if (**version == kVersionLine) return {};
  if ((*version)->empty())
    return fail(ErrorCode::unsupported, layout.version().string() + " is empty: " + kHowToHaveVersion);
  return fail(ErrorCode::unsupported,
              layout.root().string() + " is a store of the format \"" + (*version)->substr(0, (*version)->find('\n')) +
                  "\", and this Weir knows only \"weir-store 1\": use the Weir that made it, or " +
                  "give another folder for the store");
}

Result<void> prepare(const Layout& layout) {
  TRY(check_version(layout));
  TRY(make_folders(layout));
  return empty_temporary(layout);
}

Result<void> make_folders(const Layout& layout) {
  for (auto& folder : {layout.objects(), layout.partials(), layout.quarantine(), layout.temporary()})
    TRY(make_own_folder(folder));
  return {};
}

Result<void> make_object_folders(const Layout& layout, const Sha256& digest) {
  auto folder = layout.object(digest).parent_path();
  TRY(make_object_folder(folder.parent_path()));
  return make_object_folder(folder);
}

bool is_behind_link(const Layout& layout, const Sha256& digest) {
  auto folder = layout.object(digest).parent_path();
  return is_link(folder.parent_path()) || is_link(folder);
}

}  // namespace weir::cas
