// SPDX-License-Identifier: Apache-2.0
#include "cas/blob_index.h"

#include <fcntl.h>

#include <cerrno>
#include <string>

#include "base/files.h"
#include "base/log.h"

namespace weir::cas {
namespace {

constexpr int64_t kSchemaVersion = 2;
constexpr size_t kDigestSize = 32;
constexpr const char* kLogSuffixes[] = {"-wal", "-shm"};

constexpr char kSchema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE blobs (digest BLOB PRIMARY KEY NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
    " ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, last_use INTEGER NOT NULL, verified INTEGER NOT NULL,"
    " used INTEGER NOT NULL, stored INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE state (closed INTEGER NOT NULL);"
    "INSERT INTO state VALUES (0);"
    "PRAGMA user_version = 2;"
    "COMMIT;";

// Version 1 knew times alone.
constexpr char kFromVersion1[] =
    "BEGIN IMMEDIATE;"
    "ALTER TABLE blobs ADD COLUMN used INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE blobs ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;"
    "CREATE TEMP TABLE numbers AS SELECT digest, row_number() OVER (ORDER BY last_use, digest) AS used,"
    " row_number() OVER (ORDER BY mtime_ns, digest) AS stored FROM blobs;"
    "CREATE UNIQUE INDEX temp.numbers_of ON numbers (digest);"
    "UPDATE blobs SET used = (SELECT used FROM numbers WHERE numbers.digest = blobs.digest),"
    " stored = (SELECT stored FROM numbers WHERE numbers.digest = blobs.digest);"
    "DROP TABLE numbers;"
    "PRAGMA user_version = 2;"
    "COMMIT;";

std::string_view bytes_of(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

Entry entry_from(const Statement& row) {
  FileStamp stamp{static_cast<uint64_t>(row.integer(1)), row.integer(2), row.integer(3),
                  static_cast<uint64_t>(row.integer(4))};
  return {stamp, WallTime(std::chrono::seconds(row.integer(5))),
          row.integer(6) == 1 ? Verification::verified : Verification::unverified,
          static_cast<uint64_t>(row.integer(7)), static_cast<uint64_t>(row.integer(8))};
}

void bind_entry(Statement& statement, const Entry& entry) {
  statement.bind(2, static_cast<int64_t>(entry.stamp.size))
      .bind(3, entry.stamp.mtime_ns)
      .bind(4, entry.stamp.ctime_ns)
      .bind(5, static_cast<int64_t>(entry.stamp.inode))
      .bind(6, unix_seconds(entry.last_use))
      .bind(7, static_cast<int64_t>(entry.verification))
      .bind(8, static_cast<int64_t>(entry.used))
      .bind(9, static_cast<int64_t>(entry.stored));
}

// SQLite would make the file readable by all, and follow a link.
Result<void> make_private_file(const std::filesystem::path& path) {
  TRY_ASSIGN(auto there, open_existing(path, Access::read_write));
  if (there.found == Found::foreign) return fail(ErrorCode::invalid, path.string() + " is no regular file");
  if (there.found == Found::absent) TRY(create_new(path));
  return {};
}

std::filesystem::path with_suffix(std::filesystem::path path, const std::string& suffix) {
  path += suffix;
  return path;
}

Result<void> set_aside(const std::filesystem::path& path, const std::string& reason) {
  std::filesystem::path aside;
  for (int n = 1;; ++n) {
    aside = with_suffix(path, ".damaged-" + std::to_string(n));
    TRY_ASSIGN(bool moved, move_unless_exists(path, aside));
    if (moved) break;
  }
  log::warning("the store's index was set aside as {} ({}); it is made anew from the objects", aside.string(), reason);
  // The log belongs to the damaged file: left behind, SQLite would play it into the new one.
  for (auto suffix : kLogSuffixes) {
    TRY_ASSIGN(auto log, open_existing(with_suffix(path, suffix), Access::read));
    if (log.found != Found::absent) TRY(move_over(with_suffix(path, suffix), with_suffix(aside, suffix)));
  }
  return {};
}

}  // namespace

Result<BlobIndex> BlobIndex::open(const std::filesystem::path& path) {
  auto index = open_or_replace(path);
  if (index || !is_on_read_only_disk(path.parent_path())) return index;
  // The disk may have become so meanwhile.
  index = open_or_replace(path);
  // What cannot be read now is no reason to trust nothing for good.
  if (index || index.error().code == ErrorCode::io) return index;
  log::warning("the store's index cannot be used ({}) nor replaced: no object is trusted", index.error().message);
  TRY_ASSIGN(auto nothing, Database::open_in_memory());
  return begin(std::move(nothing));
}

Result<BlobIndex> BlobIndex::open_or_replace(const std::filesystem::path& path) {
  // SQLite opens nothing beside a folder of these names, and would write where a link leads.
  for (auto suffix : kLogSuffixes) {
    if (!is_foreign(with_suffix(path, suffix))) continue;
    (void)make_private_file(path);
    TRY(set_aside(path, "what is in the place of its log is no regular file"));
  }
  auto index = open_as_it_is(path);
  // Once more: a part that the disk does not give is damage to SQLite.
  if (!index && index.error().code == ErrorCode::invalid) index = open_as_it_is(path);
  bool replace = !index && (index.error().code == ErrorCode::invalid || index.error().code == ErrorCode::unsupported);
  if (!replace || is_on_read_only_disk(path.parent_path())) return index;
  TRY(set_aside(path, index.error().message));
  return open_as_it_is(path);
}

Result<BlobIndex> BlobIndex::open_as_it_is(const std::filesystem::path& path) {
  if (!is_on_read_only_disk(path.parent_path())) TRY(make_private_file(path));
  TRY_ASSIGN(auto database, Database::open(path));
  return begin(std::move(database));
}

Result<BlobIndex> BlobIndex::begin(Database database) {
  BlobIndex index(std::move(database));
  // The mark that the store is open must be on the disk before the first object that a power cut could leave without a
  // row.
  TRY(index.database_.execute("PRAGMA synchronous=FULL"));
  TRY_ASSIGN(auto version, index.database_.schema_version());
  if (version == 0) TRY(index.make_schema());
  if (version == 1) TRY(index.migrate());
  if (version > kSchemaVersion || version < 0)
    return fail(ErrorCode::unsupported, "its schema has the version " + std::to_string(version));
  TRY(index.load());
  TRY(index.database_.execute("UPDATE state SET closed = 0"));
  return index;
}

// A database of version 0 that already has such tables is none of ours: invalid.
Result<void> BlobIndex::make_schema() {
  return database_.execute(kSchema);
}

// One step: after a crash it is the old version or the new one.
Result<void> BlobIndex::migrate() {
  auto migrated = database_.execute(kFromVersion1);
  if (migrated) return {};
  (void)database_.execute("ROLLBACK");
  return migrated;
}

Result<void> BlobIndex::load() {
  TRY_ASSIGN(auto closed, database_.prepare("SELECT closed FROM state"));
  TRY_ASSIGN(auto select,
             database_.prepare("SELECT digest, size, mtime_ns, ctime_ns, inode, last_use, verified, used, stored FROM"
                               " blobs ORDER BY digest"));
  TRY_ASSIGN(bool has_state, closed.step());
  was_closed_ = has_state && closed.integer(0) == 1;
  for (;;) {
    TRY_ASSIGN(bool row, select.step());
    if (!row) return {};
    auto digest = Sha256::from_hex(to_hex(select.blob(0)));
    if (!digest) return fail(ErrorCode::invalid, "a row has no digest of " + std::to_string(kDigestSize) + " bytes");
    rows_.emplace_back(*digest, entry_from(select));
  }
}

Result<void> BlobIndex::write(const std::vector<EntryChange>& changes) {
  if (changes.empty()) return {};
  TRY(database_.execute("BEGIN IMMEDIATE"));
  auto written = [&]() -> Result<void> {
    TRY_ASSIGN(auto put, database_.prepare("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    TRY_ASSIGN(auto remove, database_.prepare("DELETE FROM blobs WHERE digest = ?"));
    for (auto& [digest, entry] : changes) {
      auto& statement = entry ? put : remove;
      statement.bind_blob(1, bytes_of(digest));
      if (entry) bind_entry(statement, *entry);
      TRY(statement.run());
    }
    return {};
  }();
  if (written) written = database_.execute("COMMIT");
  // The first error is the one to tell; SQLite may have rolled back by itself.
  if (!written) (void)database_.execute("ROLLBACK");
  return written;
}

Result<void> BlobIndex::mark_closed() {
  return database_.execute("UPDATE state SET closed = 1");
}

}  // namespace weir::cas
