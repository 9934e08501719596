// SPDX-License-Identifier: Apache-2.0
#include "cli/importer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "base/unique_fd.h"
#include "cli/status_report.h"
#include "hub/regular_file.h"

namespace weir::cli {
namespace {

constexpr size_t kBlock = 1 << 20;
// The catalog drops names that wait above its limit, which is higher.
constexpr uint64_t kNamesAtOnce = 1000;

struct Source {
  UniqueFd fd;
  uint64_t size = 0;
};

Result<Source> open_source(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status = {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return fail(errno_error("opening it"));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::io, "it is no plain file");
  return Source{std::move(fd), static_cast<uint64_t>(status.st_size)};
}

// Calls back with all bytes, a block at a time.
template <typename Callback>
Result<void> read_whole(int fd, Callback callback) {
  std::string block(kBlock, '\0');
  for (off_t offset = 0;;) {
    auto got = ::pread(fd, block.data(), block.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_error("reading it"));
    if (got == 0) return {};
    TRY(callback(std::string_view(block).substr(0, static_cast<size_t>(got))));
    offset += got;
  }
}

template <typename Callback>
void for_each_blob(const std::vector<FolderFile>& files, Callback callback) {
  for (auto begin = files.begin(); begin != files.end();) {
    auto end = std::find_if(begin, files.end(), [&](const FolderFile& file) { return file.bytes != begin->bytes; });
    if (!callback(std::span(begin, end))) return;
    begin = end;
  }
}

}  // namespace

Result<Imported> Importer::import(const HubFolder& folder, const Progress& progress) {
  imported_.skipped = folder.skipped;
  uint64_t all_blobs = 0;
  uint64_t all_bytes = 0;
  uint64_t needed = 0;
  for_each_blob(folder.files, [&](Files files) {
    all_blobs += 1;
    all_bytes += files[0].size;
    if (!files[0].digest || !store_.has(*files[0].digest)) needed += files[0].size;
    return true;
  });
  TRY_ASSIGN(room_, store_.space().reserve(needed));
  uint64_t blobs = 0;
  uint64_t bytes = 0;
  Result<void> done;
  for_each_blob(folder.files, [&](Files files) {
    progress(blobs, all_blobs, bytes, all_bytes);
    done = import(files);
    blobs += 1;
    bytes += files[0].size;
    return done.has_value();
  });
  TRY(done);
  for (const auto& revision : folder.revisions) TRY(learn(revision));
  catalog_.flush();
  return std::move(imported_);
}

Result<void> Importer::import(Files files) {
  const auto& first = files[0];
  auto wrong = [&](const Error& error) -> Result<void> {
    imported_.wrong.push_back({first.bytes, error.message});
    return {};
  };
  auto source = open_source(first.bytes);
  if (!source) return wrong(source.error());
  auto identity = identify(first, source->fd.get());
  if (!identity) return wrong(identity.error());
  if (store_.has(identity->digest)) {
    ++imported_.held;
  } else {
    auto stored = deposit(*identity, source->fd.get());
    if (!stored && stored.error().code == ErrorCode::digest_mismatch) return wrong(stored.error());
    if (!stored) return fail(stored.error().in(first.bytes.string()));
  }
  for (const auto& file : files) TRY(learn(file.name, *identity));
  return {};
}

// What the bytes are, or, of an LFS file, what they are promised to be: deposit() compares.
Result<Importer::Identity> Importer::identify(const FolderFile& file, int source) {
  if (file.digest) return Identity{*file.digest, file.size};
  Sha256Hasher sha256;
  auto sha1 = hub::git_blob_hasher(file.size);
  TRY(read_whole(source, [&](std::string_view bytes) -> Result<void> {
    sha256.update(bytes);
    sha1.update(bytes);
    return {};
  }));
  Identity identity{sha256.finish(), file.size, sha1.finish()};
  if (file.git_id && identity.git_id != file.git_id)
    return fail(ErrorCode::digest_mismatch, "its git id is " + identity.git_id->hex() + ", not " + file.git_id->hex());
  return identity;
}

Result<void> Importer::deposit(const Identity& identity, int source) {
  room_.give_back(identity.size);
  TRY_ASSIGN(auto blob, store_.create_unnamed(identity.size));
  TRY_ASSIGN(bool shared, blob->share(source, identity.size));
  if (!shared) TRY(read_whole(source, [&](std::string_view bytes) { return blob->append(bytes); }));
  TRY_ASSIGN(auto stored, blob->commit(identity.digest));
  imported_.blobs += 1;
  imported_.bytes += stored->size();
  return {};
}

// What the hub itself said before stays.
Result<void> Importer::learn(const hub::RepoFile& file, const Identity& identity) {
  TRY(read_known(file));
  imported_.names += 1;
  if (known_.insert(file.key()).second)
    catalog_.learn(hub::NamedFile{file, file.revision, {identity.digest, identity.size}});
  if (identity.git_id) {
    auto name = hub::regular_file_name(host_, file);
    if (!catalog_.find_regular_file(name))
      catalog_.learn(hub::NamedRegularFile{name, {identity.digest, identity.size, *identity.git_id, {}}});
  }
  if (++unwritten_ % kNamesAtOnce == 0) catalog_.flush();
  return {};
}

Result<void> Importer::learn(const hub::NamedRevision& revision) {
  TRY_ASSIGN(auto commit, hub::commit_of(catalog_file_, revision));
  if (commit.empty()) catalog_.learn(revision);
  return {};
}

Result<void> Importer::read_known(const hub::RepoFile& file) {
  hub::RepoName repo{file.type, file.repo};
  if (repo == known_repo_) return {};
  known_repo_ = repo;
  known_.clear();
  return hub::for_each_file_of(catalog_file_, file.type, file.repo,
                               [this](const hub::NamedFile& named) { known_.insert(named.file.key()); });
}

std::string imported_text(const Imported& imported) {
  std::string out;
  for (const auto& file : imported.wrong)
    out += fmt::format("not imported: {}: {}\n", log::escaped(file.path.string()), log::escaped(file.reason));
  out += fmt::format("imported {}, {}; {} more were in the store; {} named\n", counted(imported.blobs, "blob"),
                     show_bytes(imported.bytes), imported.held, counted(imported.names, "file"));
  if (!imported.wrong.empty()) out += counted(imported.wrong.size(), "blob") + " not imported\n";
  if (imported.skipped > 0)
    out += fmt::format("skipped {}: unfinished, without a name or out of place\n", counted(imported.skipped, "thing"));
  return out;
}

}  // namespace weir::cli
