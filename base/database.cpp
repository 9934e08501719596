// SPDX-License-Identifier: Apache-2.0
#include "base/database.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <system_error>

#include "base/files.h"
#include "base/unique_fd.h"

namespace weir {
namespace {

constexpr int kBusyTimeoutMs = 5000;
// The least of what SQLite has its connections share.
constexpr uintmax_t kSharedMemory = 32 << 10;
constexpr const char* kInMemory = ":memory:";
// The one of SQLite's ways to the files that takes no locks.
constexpr const char* kWithoutLocks = "unix-none";

// SQLITE_ERROR is what a statement gets whose tables are not there, or are others: the statements themselves are right.
Error sqlite_error(sqlite3* database, int code) {
  auto kind = code == SQLITE_FULL                                                       ? ErrorCode::no_space
              : code == SQLITE_READONLY                                                 ? ErrorCode::read_only
              : code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR ? ErrorCode::invalid
                                                                                        : ErrorCode::io;
  return Error{kind, std::string("SQLite: ") + (database ? sqlite3_errmsg(database) : sqlite3_errstr(code))};
}

// Of SQLite's file beside the database; 0 when there is none.
uintmax_t size_beside(const std::filesystem::path& path, const char* suffix) {
  std::error_code error;
  auto size = std::filesystem::file_size(path.string() + suffix, error);
  return error ? 0 : size;
}

// What connections share, without which none can be opened as usual.  It is there beside an open database, and after a
// crash; a full or read-only disk lets nobody make it.
bool has_shared_memory(const std::filesystem::path& path) {
  return size_beside(path, "-shm") >= kSharedMemory;
}

// Transactions that the file lacks.
bool has_log(const std::filesystem::path& path) {
  return size_beside(path, "-wal") > 0;
}

std::string in_uri(char c) {
  switch (c) {
    case '%':
      return "%25";
    case '?':
      return "%3f";
    case '#':
      return "%23";
    default:
      return std::string(1, c);
  }
}

// The file as a URI, for what SQLite can be told in no other way.
std::string uri_of(const std::filesystem::path& path) {
  std::string uri = "file://";
  for (char c : std::filesystem::absolute(path).string()) uri += in_uri(c);
  return uri;
}

std::string bytes_of(const void* data, int size) {
  return data ? std::string(static_cast<const char*>(data), static_cast<size_t>(size)) : std::string();
}

// SQLite takes a null pointer for NULL, which an empty view is not.
const char* address_of(std::string_view bytes) {
  return bytes.data() ? bytes.data() : "";
}

}  // namespace

void Statement::Free::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(int place, int64_t value) {
  sqlite3_bind_int64(statement_.get(), place, value);
  return *this;
}

Statement& Statement::bind(int place, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), place, address_of(text), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int place, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), place, address_of(bytes), bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

Result<bool> Statement::step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto error = sqlite_error(sqlite3_db_handle(statement_.get()), code);
  sqlite3_reset(statement_.get());
  return fail(std::move(error));
}

Result<void> Statement::run() {
  for (;;) {
    TRY_ASSIGN(bool row, step());
    if (!row) break;
  }
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  auto* data = sqlite3_column_text(statement_.get(), column);
  return bytes_of(data, sqlite3_column_bytes(statement_.get(), column));
}

std::string Statement::blob(int column) const {
  auto* data = sqlite3_column_blob(statement_.get(), column);
  return bytes_of(data, sqlite3_column_bytes(statement_.get(), column));
}

void Database::Close::operator()(sqlite3* database) const {
  // _v2: a statement that is still there keeps the connection until it goes.
  sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::filesystem::path& path) {
  if (is_on_read_only_disk(path.parent_path())) return copy_in_memory(path);
  // SQLite would make the file readable by all.  What stands in the way it says itself.  Closed before SQLite opens it:
  // closing any descriptor of a file drops the process's locks on it.
  UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)).reset();
  TRY_ASSIGN(auto database, open(path.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr));
  // synchronous=NORMAL in WAL mode: a power cut may lose the last transactions, never the database.
  auto prepared = database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
  if (!prepared) return fail(prepared.error().in(path.string()));
  return database;
}

Result<Database> Database::open_in_memory() {
  return open(kInMemory, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
}

Result<Database> Database::open_read_only(const std::filesystem::path& path) {
  TRY_ASSIGN(auto database, open(path.string(), SQLITE_OPEN_READONLY, nullptr));
  // SQLite opens nothing before it is asked something.
  if (database.schema_version() || has_shared_memory(path)) return database;
  return open_at_rest(path);
}

// Nobody else has it open.  Without a log it is read as a file that does not change.  A log is read into the memory of
// a connection that has the database for itself, which is told so, for it could not lock what it may not write.
Result<Database> Database::open_at_rest(const std::filesystem::path& path) {
  bool log = has_log(path);
  auto name = uri_of(path) + (log ? "" : "?immutable=1");
  TRY_ASSIGN(auto database, open(name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, log ? kWithoutLocks : nullptr));
  if (!log) return database;
  TRY(database.execute("PRAGMA locking_mode=EXCLUSIVE"));
  // What is in the log stays there.
  sqlite3_db_config(database.database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return database;
}

Result<Database> Database::copy_in_memory(const std::filesystem::path& path) {
  TRY_ASSIGN(auto copy, open_in_memory());
  if (is_foreign(path)) return fail(ErrorCode::invalid, path.string() + " is no regular file");
  std::error_code absent;
  auto size = std::filesystem::file_size(path, absent);
  if (absent) return copy;
  if (size > kLargestCopy) return fail(ErrorCode::over_limit, path.string() + " is too large to be read into memory");
  TRY_ASSIGN(auto file, open_read_only(path));
  auto* backup = sqlite3_backup_init(copy.database_.get(), "main", file.database_.get(), "main");
  int step = backup ? sqlite3_backup_step(backup, -1) : sqlite3_errcode(copy.database_.get());
  // Its end does not tell of a copy that was not made because somebody else was in the way.
  int end = sqlite3_backup_finish(backup);
  int code = end != SQLITE_OK ? end : step;
  if (code != SQLITE_DONE) return fail(sqlite_error(copy.database_.get(), code).in(path.string()));
  return copy;
}

// `way`: one of SQLite's to the files, null for the usual one.
Result<Database> Database::open(const std::string& name, int flags, const char* way) {
  sqlite3* raw = nullptr;
  int code = sqlite3_open_v2(name.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, way);
  Database database(raw);
  if (code != SQLITE_OK) return fail(sqlite_error(raw, code).in(name));
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  return database;
}

bool Database::is_in_memory() const {
  auto* file = sqlite3_db_filename(database_.get(), "main");
  return !file || *file == '\0';
}

Result<void> Database::execute(const std::string& sql) {
  int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_error(database_.get(), code));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_error(database_.get(), code));
  return Statement(statement);
}

Result<int64_t> Database::schema_version() {
  TRY_ASSIGN(auto statement, prepare("PRAGMA user_version"));
  TRY(statement.step());
  return statement.integer(0);
}

}  // namespace weir
