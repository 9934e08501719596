// SPDX-License-Identifier: Apache-2.0
#include "cli/store_contents.h"

#include <algorithm>
#include <tuple>

#include "cas/disk.h"
#include "cas/layout.h"
#include "hub/catalog_database.h"

namespace weir::cli {
namespace {

using DirectoryWalk = std::filesystem::recursive_directory_iterator;

std::string repo_of(const hub::RepoFile& file) {
  if (file.type == hub::RepoType::model) return file.repo;
  return std::string(hub::plural_of(file.type)) + "/" + file.repo;
}

}  // namespace

std::filesystem::path catalog_path(const std::filesystem::path& store_root) {
  return store_root / "catalog.db";
}

Result<std::vector<StoredBlob>> list_blobs(const std::filesystem::path& store_root) {
  // The folder itself is asked and not the index: a proxy that runs writes that only now and then.
  auto objects = cas::Layout(store_root).objects();
  std::vector<StoredBlob> blobs;
  std::error_code error;
  if (!std::filesystem::exists(objects, error)) return blobs;
  DirectoryWalk walk(objects, error);
  for (; !error && walk != DirectoryWalk(); walk.increment(error)) {
    auto digest = Sha256::from_hex(walk->path().filename().string());
    std::error_code gone;
    if (!digest || !std::filesystem::is_regular_file(walk->symlink_status(gone))) continue;
    auto size = walk->file_size(gone);
    if (!gone) blobs.push_back({*digest, size, {}});
  }
  if (error) return fail(errno_error("listing " + objects.string(), error.value()));
  std::sort(blobs.begin(), blobs.end(), [](const StoredBlob& a, const StoredBlob& b) { return a.digest < b.digest; });
  return blobs;
}

Result<void> add_names(const std::filesystem::path& store_root, std::vector<StoredBlob>& blobs) {
  return hub::for_each_named_file(catalog_path(store_root), [&](const hub::NamedFile& named) {
    auto before = [](const StoredBlob& blob, const Sha256& digest) { return blob.digest < digest; };
    auto blob = std::lower_bound(blobs.begin(), blobs.end(), named.blob.digest, before);
    if (blob != blobs.end() && blob->digest == named.blob.digest)
      blob->names.push_back({repo_of(named.file), named.file.revision, named.file.path});
  });
}

Result<std::vector<HeldFile>> held_files(const std::filesystem::path& store_root, const hub::Pin& which,
                                         const std::vector<std::string>& paths) {
  TRY_ASSIGN(auto files, hub::files_of(catalog_path(store_root), which));
  cas::Layout layout(store_root);
  std::vector<HeldFile> held;
  for (auto& named : files) {
    bool wanted = paths.empty() || std::find(paths.begin(), paths.end(), named.file.path) != paths.end();
    auto blob = layout.object(named.blob.digest);
    if (wanted && cas::is_plain_file(blob)) held.push_back({std::move(named), std::move(blob)});
  }
  std::sort(held.begin(), held.end(), [](const HeldFile& a, const HeldFile& b) {
    return std::tie(a.named.file.path, a.named.file.revision) < std::tie(b.named.file.path, b.named.file.revision);
  });
  return held;
}

}  // namespace weir::cli
