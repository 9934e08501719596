// SPDX-License-Identifier: Apache-2.0
#include "cli/store_contents.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "cas/disk.h"
#include "cas/layout.h"
#include "hub/catalog_database.h"

namespace weir::cli {
namespace {

using DirectoryWalk = std::filesystem::recursive_directory_iterator;

constexpr int64_t kNanoseconds = 1'000'000'000;

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
  bool there = std::filesystem::exists(objects, error);
  if (error) return fail(errno_error("listing " + objects.string(), error.value()));
  if (!there) return blobs;
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

Result<void> check_store(const std::filesystem::path& store_root) {
  std::error_code error;
  bool there = std::filesystem::exists(cas::Layout(store_root).version(), error);
  if (error) return fail(errno_error("opening " + store_root.string(), error.value()));
  if (!there)
    return fail(ErrorCode::invalid,
                "there is no store in " + store_root.string() +
                    ": nothing came through Weir yet, or --store (store.path) has to name another folder");
  return {};
}

Result<std::vector<StoredBlob>> list_quarantined(const std::filesystem::path& store_root, WallTime since) {
  cas::Layout layout(store_root);
  TRY_ASSIGN(auto paths, cas::paths_in(layout.quarantine()));
  std::map<Sha256, uint64_t> sizes;
  for (const auto& path : paths) {
    auto digest = Sha256::from_hex(path.stem().string());
    TRY_ASSIGN(auto file, cas::open_existing(path, cas::Access::read));
    if (!digest || file.found != cas::Found::plain || file.stamp.mtime_ns < unix_seconds(since) * kNanoseconds)
      continue;
    if (!cas::is_plain_file(layout.object(*digest))) sizes[*digest] = std::max(sizes[*digest], file.stamp.size);
  }
  std::vector<StoredBlob> blobs;
  for (const auto& [digest, size] : sizes) blobs.push_back({digest, size, {}});
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
