// SPDX-License-Identifier: Apache-2.0
#include "hub/catalog_database.h"

#include <algorithm>
#include <system_error>

#include "base/log.h"

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

template <size_t N>
std::string_view bytes_of(const Digest<N>& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), N};
}

// A column that holds no digest (a file changed by hand) gives one of zeros, which no file has.
template <size_t N>
Digest<N> digest_in(std::string_view blob) {
  Digest<N> digest;
  if (blob.size() == N) std::copy(blob.begin(), blob.end(), digest.bytes.begin());
  return digest;
}

BlobId blob_in(const Statement& row, int digest_column) {
  return BlobId{digest_in<32>(row.blob(digest_column)), static_cast<uint64_t>(row.integer(digest_column + 1))};
}

// One field a line.
std::string text_of(const http::Fields& fields) {
  std::string text;
  for (const auto& field : fields) text += field.name + ':' + field.value + '\n';
  return text;
}

http::Fields fields_in(std::string_view text) {
  http::Fields fields;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    auto colon = line.find(':');
    if (colon != std::string_view::npos) fields.add(line.substr(0, colon), line.substr(colon + 1));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return fields;
}

Result<void> prepare_schema(Database& database) {
  TRY_ASSIGN(int64_t version, database.schema_version());
  if (version > CatalogDatabase::kSchemaVersion)
    return fail(ErrorCode::unsupported, "version " + std::to_string(version) + " of a newer Weir");
  if (version == CatalogDatabase::kSchemaVersion) return {};
  return database.execute("BEGIN; " + std::string(kSchema) +
                          " PRAGMA user_version = " + std::to_string(CatalogDatabase::kSchemaVersion) + "; COMMIT");
}

// Ids grow with each write, so the newest rows have the highest.
Result<void> drop_oldest(Database& database, const std::string& table, size_t limit) {
  return database.execute("DELETE FROM " + table + " WHERE id <= (SELECT id FROM " + table +
                          " ORDER BY id DESC LIMIT 1 OFFSET " + std::to_string(limit) + ")");
}

// SQLite finds the log of a file by its name, so the three move together.
Result<void> set_aside(const fs::path& path) {
  for (auto suffix : {"", "-wal", "-shm"}) {
    fs::path from = path.string() + suffix;
    std::error_code error;
    if (!fs::exists(from, error)) continue;
    fs::rename(from, path.string() + ".set-aside" + suffix, error);
    if (error) return fail(errno_error("cannot set aside " + from.string(), error.value()));
  }
  return {};
}

}  // namespace

CatalogDatabase::CatalogDatabase(Database database, Statement put_object, Statement put_regular_file,
                                 Statement put_name)
    : database_(std::move(database)),
      put_object_(std::move(put_object)),
      put_regular_file_(std::move(put_regular_file)),
      put_name_(std::move(put_name)) {}

Result<CatalogDatabase> CatalogDatabase::open(const fs::path& path, const CatalogLimits& limits) {
  auto opened = open_as_it_is(path, limits);
  if (opened) return opened;
  const auto& error = opened.error();
  if (error.code != ErrorCode::invalid && error.code != ErrorCode::unsupported) return fail(error.in(path.string()));
  log::warning("the catalog {} cannot be used ({}); it is set aside as {}.set-aside and begun anew", path.string(),
               error.message, path.string());
  TRY(set_aside(path));
  return open_as_it_is(path, limits);
}

Result<CatalogDatabase> CatalogDatabase::open_as_it_is(const fs::path& path, const CatalogLimits& limits) {
  TRY_ASSIGN(auto database, Database::open(path));
  TRY(prepare_schema(database));
  TRY(drop_oldest(database, "objects", limits.objects));
  TRY(drop_oldest(database, "regular_files", limits.regular_files));
  TRY(drop_oldest(database, "names", limits.names));
  TRY_ASSIGN(auto put_object,
             database.prepare("INSERT OR REPLACE INTO objects (host, path, sha256, size) VALUES (?, ?, ?, ?)"));
  TRY_ASSIGN(auto put_regular_file,
             database.prepare("INSERT OR REPLACE INTO regular_files (host, path, sha256, size, git_id, fields)"
                              " VALUES (?, ?, ?, ?, ?, ?)"));
  TRY_ASSIGN(auto put_name,
             database.prepare("INSERT OR REPLACE INTO names (type, repo, revision, path, commit_id, sha256, size)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?)"));
  CatalogDatabase catalog(std::move(database), std::move(put_object), std::move(put_regular_file), std::move(put_name));
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

Result<void> for_each_named_file(const fs::path& catalog, const std::function<void(const NamedFile&)>& callback) {
  std::error_code error;
  if (!fs::exists(catalog, error)) return {};
  TRY_ASSIGN(auto database, Database::open_read_only(catalog));
  TRY_ASSIGN(auto row, database.prepare("SELECT type, repo, revision, path, commit_id, sha256, size FROM names"
                                        " ORDER BY sha256, type, repo, path, revision"));
  for (;;) {
    TRY_ASSIGN(bool there, row.step());
    if (!there) return {};
    RepoFile file{repo_type_of(row.text(0)).value_or(RepoType::model), row.text(1), row.text(2), row.text(3)};
    callback(NamedFile{std::move(file), row.text(4), blob_in(row, 5)});
  }
}

}  // namespace weir::hub
