// SPDX-License-Identifier: Apache-2.0
// What the hub's names stand for, as the hub itself said: objects of its CDN, regular files with their heads, files of
// repositories. Lookups are in memory and never wait for the disk; what is learnt is written behind, in batches, by a
// thread of its own.  A name is no permission: that is the hub's answer to the client.  Thread-safe.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "hub/bounded_map.h"
#include "hub/catalog_database.h"
#include "hub/pins.h"
#include "hub/write_behind.h"

namespace weir::hub {

class Catalog {
 public:
  // Errors: io.  A damaged file is no error (CatalogDatabase::open).
  static Result<std::unique_ptr<Catalog>> open(const std::filesystem::path& path, const CatalogLimits& limits = {});
  // Writes out what was learnt.
  ~Catalog() = default;
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // The hub named this place in the Location of a file's redirect or in the href of an LFS download.
  void learn(NamedObject object);
  // The bytes of this path of resolve-cache were verified by their git blob id and stored.
  void learn(NamedRegularFile file);
  // The hub answered the request for this file with this blob.
  void learn(NamedFile file);
  // The hub said which commit the revision is.
  void learn(NamedRevision revision);

  // Blocking.  These names stand for nothing until they are learnt again; it is written when this returns, or could not
  // be.
  void forget(ForgottenNames names);

  std::optional<BlobId> find_object(const ObjectName& name) const;
  std::optional<RegularFile> find_regular_file(const ObjectName& name) const;

  // The hosts of the objects that were known at open(): they are cdn hosts (HostRoles::learn_cdn).
  const std::set<std::string>& object_hosts() const { return object_hosts_; }

  // Which repositories stay in the store, and which blobs that means by all that was learnt up to now (blocking).
  Pins& pins() { return pins_; }
  // Blobs whose names could not be written belong to it as long as anything is pinned: they may be.
  Result<std::unordered_set<Sha256, DigestHash>> pinned_blobs();

  // Waits until all that was learnt before is written, or could not be.
  void flush() { writer_.flush(); }

 private:
  using Key = Digest<16>;
  template <typename Value>
  using Table = BoundedMap<Key, Value, DigestHash>;

  Catalog(CatalogDatabase database, const std::filesystem::path& path, const CatalogLimits& limits);

  void remember_loaded();
  void write(const std::vector<CatalogChange>& changes);
  Result<void> write_to_disk(const std::vector<CatalogChange>& changes);
  void remember_unwritten(const std::vector<CatalogChange>& changes);
  void forget_unwritten(const std::vector<CatalogChange>& changes);
  void forget_unwritten(const ForgottenNames& names);  // with tables_mutex_ held

  const std::filesystem::path path_;
  const CatalogLimits limits_;
  Pins pins_;
  CatalogDatabase database_;  // the writer's, once it runs
  bool writes_fail_ = false;  // the writer's
  std::set<std::string> object_hosts_;

  mutable std::shared_mutex tables_mutex_;
  Table<BlobId> objects_;             // guarded by tables_mutex_
  Table<RegularFile> regular_files_;  // guarded by tables_mutex_
  // Names that were written by this process, with a digest of what they stood for: a hit writes nothing.
  Table<Key> written_names_;  // guarded by tables_mutex_
  // What names stand for that were learnt and not written.
  std::unordered_map<Key, Sha256, DigestHash> unwritten_;  // guarded by tables_mutex_

  WriteBehind<CatalogChange> writer_;  // the last: it uses the others until it has ended
};

}  // namespace weir::hub
