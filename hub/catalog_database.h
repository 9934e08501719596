// SPDX-License-Identifier: Apache-2.0
// The catalog's file: what names of the hub stand for, in SQLite.  Holds no token, no query and no cookie.  Blocking;
// one owner, not thread-safe.  Each table keeps the newest rows: a row that is written again becomes the newest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/database.h"
#include "base/digest.h"
#include "base/result.h"
#include "hub/regular_file.h"
#include "hub/repo_file.h"
#include "hub/repo_name.h"
#include "hub/signed_url.h"

namespace weir::hub {

struct BlobId {
  Sha256 digest;
  uint64_t size = 0;

  bool operator==(const BlobId&) const = default;
};

// What an object of a CDN is.
struct NamedObject {
  ObjectName name;
  BlobId blob;

  bool operator==(const NamedObject&) const = default;
};

// What a path of resolve-cache is.
struct NamedRegularFile {
  ObjectName name;
  RegularFile file;

  bool operator==(const NamedRegularFile&) const = default;
};

// What a file of a repository is.
struct NamedFile {
  RepoFile file;
  std::string commit;  // what the revision was; "" when the hub did not say
  BlobId blob;

  bool operator==(const NamedFile&) const = default;
};

// What a revision of a repository is at the moment.
struct NamedRevision {
  RepoType type = RepoType::model;
  std::string repo;
  std::string revision;  // as asked
  std::string commit;

  bool operator==(const NamedRevision&) const = default;
};

// Names that are to stand for nothing any more.
struct ForgottenNames {
  std::vector<RepoFile> files;
  std::vector<ObjectName> regular_files;

  bool operator==(const ForgottenNames&) const = default;
};

using CatalogChange = std::variant<NamedObject, NamedRegularFile, NamedFile, NamedRevision, ForgottenNames>;

struct CatalogLimits {
  size_t objects = 500'000;
  size_t regular_files = 50'000;
  size_t names = 1'000'000;
  size_t revisions = 100'000;
  size_t queued_changes = 20'000;
};

class CatalogDatabase {
 public:
  static constexpr int64_t kSchemaVersion = 1;

  // Opens or makes the file, brings each table under its limit, and reads what is used in memory.  A file that is
  // damaged or of a newer version is set aside beside itself, with a line in the log, and begun anew: it holds nothing
  // that cannot be learnt again.  On a disk that takes no change it is a copy in memory, empty where the file is of no
  // use.
  static Result<CatalogDatabase> open(const std::filesystem::path& path, const CatalogLimits& limits);

  // Whether it was opened on a disk that took no change: to write, open it anew.
  bool is_in_memory() const { return database_.is_in_memory(); }

  // As they were at open(), the oldest first; given away once.
  std::vector<NamedObject> take_objects() { return std::exchange(objects_, {}); }
  std::vector<NamedRegularFile> take_regular_files() { return std::exchange(regular_files_, {}); }

  // All of them, or none when there is an error.  Errors: io, no_space; read_only for one in memory.
  Result<void> write(const std::vector<CatalogChange>& changes);

 private:
  CatalogDatabase(Database database, Statement put_object, Statement put_regular_file, Statement put_name,
                  Statement put_revision);

  static Result<CatalogDatabase> use(Database database, const CatalogLimits& limits);
  Result<void> load();
  Result<void> write_all(const std::vector<CatalogChange>& changes);
  Result<void> put(const NamedObject& object);
  Result<void> put(const NamedRegularFile& file);
  Result<void> put(const NamedFile& file);
  Result<void> put(const NamedRevision& revision);
  Result<void> put(const ForgottenNames& names);

  Database database_;
  Statement put_object_;
  Statement put_regular_file_;
  Statement put_name_;
  Statement put_revision_;
  std::vector<NamedObject> objects_;
  std::vector<NamedRegularFile> regular_files_;
};

// Calls back with each file of each repository, ordered by digest, then by name.  May run beside the owner of the
// catalog, in another process.  A catalog that does not exist names nothing.
Result<void> for_each_named_file(const std::filesystem::path& catalog,
                                 const std::function<void(const NamedFile&)>& callback);

// The same for the files of one repository, in no order.
Result<void> for_each_file_of(const std::filesystem::path& catalog, RepoType type, const std::string& repo,
                              const std::function<void(const NamedFile&)>& callback);
// What this blob is the file of, at some revision; not more than so many.
Result<std::vector<NamedFile>> names_of_blob(const std::filesystem::path& catalog, const Sha256& digest, size_t most);
// What a revision of a repository was when the hub said so last; "" when it never did.
Result<std::string> commit_of(const std::filesystem::path& catalog, const NamedRevision& revision);

}  // namespace weir::hub
