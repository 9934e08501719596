// SPDX-License-Identifier: Apache-2.0
// Takes the files of a hub folder into a store, and teaches the catalog their names.  Bytes that are not what their
// name promises are not taken.  Nobody is permitted anything by that: the hub is asked at the first download, and says
// whether a file is the one that its name stands for.  Blocking.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "cas/blob_store.h"
#include "cli/hub_folder.h"
#include "hub/catalog.h"

namespace weir::cli {

struct WrongFile {
  std::filesystem::path path;
  std::string reason;
};

struct Imported {
  uint64_t blobs = 0;  // that are new
  uint64_t bytes = 0;  // of those
  uint64_t held = 0;   // blobs that the store had before
  uint64_t names = 0;  // of files of repositories that stand for either
  uint64_t skipped = 0;
  std::vector<WrongFile> wrong;
};

class Importer {
 public:
  // Told before each blob: how many were looked at, and of how many bytes.
  using Progress = std::function<void(uint64_t blobs, uint64_t all_blobs, uint64_t bytes, uint64_t all_bytes)>;

  // `host` is the hub's; `catalog_file` is where the catalog stands.  All must outlive it.
  Importer(cas::BlobStore& store, hub::Catalog& catalog, std::filesystem::path catalog_file, std::string host)
      : store_(store), catalog_(catalog), catalog_file_(std::move(catalog_file)), host_(std::move(host)) {}

  // Room for all of it is reserved first.  Errors: those of the store and its space; a file that cannot be read or is
  // wrong is none.
  Result<Imported> import(const HubFolder& folder, const Progress& progress);

 private:
  struct Identity {
    Sha256 digest;
    uint64_t size = 0;
    std::optional<Sha1> git_id = std::nullopt;
  };
  using Files = std::span<const FolderFile>;  // of the same bytes

  Result<void> import(Files files);
  Result<Identity> identify(const FolderFile& file, int source);
  Result<void> deposit(const Identity& identity, int source);
  Result<void> learn(const hub::RepoFile& file, const Identity& identity);
  Result<void> learn(const hub::NamedRevision& revision);
  Result<void> read_known(const hub::RepoFile& file);

  cas::BlobStore& store_;
  hub::Catalog& catalog_;
  const std::filesystem::path catalog_file_;
  const std::string host_;
  cas::Reservation room_;
  Imported imported_;
  hub::RepoName known_repo_;     // whose names these are
  std::set<std::string> known_;  // RepoFile::key() of what the hub itself named
  uint64_t unwritten_ = 0;       // names
};

// For people; each wrong file on a line.
std::string imported_text(const Imported& imported);

}  // namespace weir::cli
