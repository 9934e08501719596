// SPDX-License-Identifier: Apache-2.0
#include "base/database.h"

#include <fcntl.h>
#include <sqlite3.h>

#include "base/unique_fd.h"

namespace weir {
namespace {

constexpr int kBusyTimeoutMs = 5000;

// SQLITE_ERROR is what a statement gets whose tables are not there, or are others: the statements themselves are right.
Error sqlite_error(sqlite3* database, int code) {
  auto kind = code == SQLITE_FULL                                                       ? ErrorCode::no_space
              : code == SQLITE_READONLY                                                 ? ErrorCode::read_only
              : code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR ? ErrorCode::invalid
                                                                                        : ErrorCode::io;
  return Error{kind, std::string("SQLite: ") + (database ? sqlite3_errmsg(database) : sqlite3_errstr(code))};
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
  // SQLite would make the file readable by all.  What stands in the way it says itself.  Closed before SQLite opens it:
  // closing any descriptor of a file drops the process's locks on it.
  UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)).reset();
  TRY_ASSIGN(auto database, open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // synchronous=NORMAL in WAL mode: a power cut may lose the last transactions, never the database.
  auto prepared = database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
  if (!prepared) return fail(prepared.error().in(path.string()));
  return database;
}

Result<Database> Database::open_read_only(const std::filesystem::path& path) {
  return open(path, SQLITE_OPEN_READONLY);
}

Result<Database> Database::open(const std::filesystem::path& path, int flags) {
  sqlite3* raw = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return fail(sqlite_error(raw, code).in(path.string()));
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  return database;
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
