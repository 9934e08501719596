// SPDX-License-Identifier: Apache-2.0
#include "hub/catalog_database.h"

#include <system_error>

#include "hub/columns.h"

namespace weir::hub {
namespace {

namespace fs = std::filesystem;

constexpr auto kSchema = R"sql(
  CREATE TABLE objects (
    id INTEGER PRIMARY KEY, host TEXT NOT NULL, path TEXT NOT NULL, sha256 BLOB NOT NULL, size INTEGER NOT NULL,
    UNIQUE (host, path));
  CREATE TABLE regular_files (
    id INTEGER PRIMARY KEY, host TEXT NOT NULL, path TEXT NOT NULL, sha256 BLOB NOT NULL, size INTEGER NOT NULL,
    git_id BLOB NOT NULL, fields TEXT NOT NULL, UNIQUE (host, path));
  CREATE TABLE names (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, repo TEXT NOT NULL, revision TEXT NOT NULL, path TEXT NOT NULL,
    commit_id TEXT NOT NULL, sha256 BLOB NOT NULL, size INTEGER NOT NULL, UNIQUE (type, repo, revision, path));
)sql";

// Came later, and older programs do not mind it.
constexpr auto kRevisions = R"sql(
  CREATE TABLE IF NOT EXISTS revisions (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, repo TEXT NOT NULL, revision TEXT NOT NULL, commit_id TEXT NOT NULL,
    UNIQUE (type, repo, revision));
  CREATE INDEX IF NOT EXISTS names_by_blob ON names (sha256);
)sql";

BlobId blob_in(const Statement& row, int digest_column) {
  return BlobId{digest_in<32>(row.blob(digest_column)), static_cast<uint64_t>(row.integer(digest_column + 1))};
}

}  // namespace

CatalogDatabase::CatalogDatabase(Database database, Statement put_object, Statement put_regular_file,
                                 Statement put_name, Statement put_revision)
    : database_(std::move(database)),
      put_object_(std::move(put_object)),
      put_regular_file_(std::move(put_regular_file)),
      put_name_(std::move(put_name)),
      put_revision_(std::move(put_revision)) {}

Result<CatalogDatabase> CatalogDatabase::open(const fs::path& path, const CatalogLimits& limits) {
  return open_or_do_without("the catalog", path, [&](Database database) { return use(std::move(database), limits); });
}

Result<CatalogDatabase> CatalogDatabase::use(Database database, const CatalogLimits& limits) {
  TRY(prepare_schema(database, kSchema, kSchemaVersion));
  TRY(database.execute(kRevisions));
  TRY(drop_oldest(database, "objects", limits.objects));
  TRY(drop_oldest(database, "regular_files", limits.regular_files));
  TRY(drop_oldest(database, "names", limits.names));
  TRY(drop_oldest(database, "revisions", limits.revisions));
  TRY_ASSIGN(auto put_object,
             database.prepare("INSERT OR REPLACE INTO objects (host, path, sha256, size) VALUES (?, ?, ?, ?)"));
  TRY_ASSIGN(auto put_regular_file,
             database.prepare("INSERT OR REPLACE INTO regular_files (host, path, sha256, size, git_id, fields)"
                              " VALUES (?, ?, ?, ?, ?, ?)"));
  TRY_ASSIGN(auto put_name,
             database.prepare("INSERT OR REPLACE INTO names (type, repo, revision, path, commit_id, sha256, size)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?)"));
  TRY_ASSIGN(auto put_revision, database.prepare("INSERT OR REPLACE INTO revisions (type, repo, revision, commit_id)"
                                                 " VALUES (?, ?, ?, ?)"));
  CatalogDatabase catalog(std::move(database), std::move(put_object), std::move(put_regular_file), std::move(put_name),
                          std::move(put_revision));
  TRY(catalog.load());
  return catalog;
}

Result<void> CatalogDatabase::load() {
  TRY_ASSIGN(auto object, database_.prepare("SELECT host, path, sha256, size FROM objects ORDER BY id"));
  for (;;) {
    TRY_ASSIGN(bool row, object.step());
    if (!row) break;
    objects_.push_back(NamedObject{ObjectName{object.text(0), object.text(1)}, blob_in(object, 2)});
  }
  TRY_ASSIGN(auto file,
             database_.prepare("SELECT host, path, sha256, size, git_id, fields FROM regular_files ORDER BY id"));
  for (;;) {
    TRY_ASSIGN(bool row, file.step());
    if (!row) break;
    auto blob = blob_in(file, 2);
    regular_files_.push_back(
        NamedRegularFile{ObjectName{file.text(0), file.text(1)},
                         RegularFile{blob.digest, blob.size, digest_in<20>(file.blob(4)), fields_in(file.text(5))}});
  }
  return {};
}

Result<void> CatalogDatabase::write(const std::vector<CatalogChange>& changes) {
  TRY(check_is_on_disk(database_));
  TRY(database_.execute("BEGIN"));
  auto written = write_all(changes);
  if (written) written = database_.execute("COMMIT");
  // After an error SQLite may have rolled back by itself; then this one fails, and that is right.
  if (!written) (void)database_.execute("ROLLBACK");
  return written;
}

Result<void> CatalogDatabase::write_all(const std::vector<CatalogChange>& changes) {
  for (const auto& change : changes) TRY(std::visit([this](const auto& each) { return put(each); }, change));
  return {};
}

Result<void> CatalogDatabase::put(const NamedObject& object) {
  return put_object_.bind(1, object.name.host)
      .bind(2, object.name.path)
      .bind_blob(3, bytes_of(object.blob.digest))
      .bind(4, static_cast<int64_t>(object.blob.size))
      .run();
}

Result<void> CatalogDatabase::put(const NamedRegularFile& named) {
  return put_regular_file_.bind(1, named.name.host)
      .bind(2, named.name.path)
      .bind_blob(3, bytes_of(named.file.digest))
      .bind(4, static_cast<int64_t>(named.file.size))
      .bind_blob(5, bytes_of(named.file.git_id))
      .bind(6, text_of(named.file.fields))
      .run();
}

Result<void> CatalogDatabase::put(const NamedFile& named) {
  return put_name_.bind(1, plural_of(named.file.type))
      .bind(2, named.file.repo)
      .bind(3, named.file.revision)
      .bind(4, named.file.path)
      .bind(5, named.commit)
      .bind_blob(6, bytes_of(named.blob.digest))
      .bind(7, static_cast<int64_t>(named.blob.size))
      .run();
}

Result<void> CatalogDatabase::put(const NamedRevision& named) {
  return put_revision_.bind(1, plural_of(named.type))
      .bind(2, named.repo)
      .bind(3, named.revision)
      .bind(4, named.commit)
      .run();
}

Result<void> CatalogDatabase::put(const ForgottenNames& names) {
  TRY_ASSIGN(auto drop_name, database_.prepare("DELETE FROM names WHERE type = ? AND repo = ? AND revision = ?"
                                               " AND path = ?"));
  for (const auto& file : names.files)
    TRY(drop_name.bind(1, plural_of(file.type)).bind(2, file.repo).bind(3, file.revision).bind(4, file.path).run());
  TRY_ASSIGN(auto drop_file, database_.prepare("DELETE FROM regular_files WHERE host = ? AND path = ?"));
  for (const auto& name : names.regular_files) TRY(drop_file.bind(1, name.host).bind(2, name.path).run());
  return {};
}

namespace {

constexpr auto kNames = "SELECT type, repo, revision, path, commit_id, sha256, size FROM names";

// Calls back with what `select`, which begins with kNames, finds.
Result<void> for_each_row(Statement& select, const std::function<void(const NamedFile&)>& callback) {
  for (;;) {
    TRY_ASSIGN(bool there, select.step());
    if (!there) return {};
    RepoFile file{repo_type_of(select.text(0)).value_or(RepoType::model), select.text(1), select.text(2),
                  select.text(3)};
    callback(NamedFile{std::move(file), select.text(4), blob_in(select, 5)});
  }
}

}  // namespace

Result<void> for_each_named_file(const fs::path& catalog, const std::function<void(const NamedFile&)>& callback) {
  std::error_code error;
  if (!fs::is_regular_file(catalog, error)) return {};
  TRY_ASSIGN(auto database, Database::open_read_only(catalog));
  TRY_ASSIGN(auto select, database.prepare(std::string(kNames) + " ORDER BY sha256, type, repo, path, revision"));
  return for_each_row(select, callback);
}

Result<void> for_each_file_of(const fs::path& catalog, RepoType type, const std::string& repo,
                              const std::function<void(const NamedFile&)>& callback) {
  std::error_code error;
  if (!fs::is_regular_file(catalog, error)) return {};
  TRY_ASSIGN(auto database, Database::open_read_only(catalog));
  TRY_ASSIGN(auto select, database.prepare(std::string(kNames) + " WHERE type = ? AND repo = ?"));
  select.bind(1, plural_of(type)).bind(2, repo);
  return for_each_row(select, callback);
}

Result<std::vector<NamedFile>> names_of_blob(const fs::path& catalog, const Sha256& digest, size_t most) {
  std::vector<NamedFile> names;
  std::error_code error;
  if (!fs::is_regular_file(catalog, error)) return names;
  TRY_ASSIGN(auto database, Database::open_read_only(catalog));
  TRY_ASSIGN(auto select, database.prepare(std::string(kNames) + " WHERE sha256 = ? LIMIT ?"));
  select.bind_blob(1, bytes_of(digest)).bind(2, static_cast<int64_t>(most));
  TRY(for_each_row(select, [&names](const NamedFile& name) { names.push_back(name); }));
  return names;
}

Result<std::string> commit_of(const fs::path& catalog, const NamedRevision& revision) {
  std::error_code error;
  if (!fs::is_regular_file(catalog, error)) return "";
  TRY_ASSIGN(auto database, Database::open_read_only(catalog));
  // A catalog of an older program has no such table.
  auto select = database.prepare("SELECT commit_id FROM revisions WHERE type = ? AND repo = ? AND revision = ?");
  if (!select) return "";
  select->bind(1, plural_of(revision.type)).bind(2, revision.repo).bind(3, revision.revision);
  TRY_ASSIGN(bool there, select->step());
  return there ? select->text(0) : "";
}

}  // namespace weir::hub
