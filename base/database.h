// SPDX-License-Identifier: Apache-2.0
// A thin RAII wrapper around one SQLite connection (WAL).  Blocking: never called on a worker's loop.  Not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weir {

// A prepared statement.  Bind with 1-based places, then step until it says that there is no further row, then reset.
class Statement {
 public:
  // An empty one, to be assigned to before all else.
  Statement() = default;

  Statement& bind(int place, int64_t value);
  Statement& bind(int place, std::string_view text);
  Statement& bind_blob(int place, std::string_view bytes);
  // True: a row is there to read.  False: no further row.
  Result<bool> step();
  // Steps over all rows and resets: for statements that return none.
  Result<void> run();
  void reset();

  int64_t integer(int column) const;
  std::string text(int column) const;
  std::string blob(int column) const;

 private:
  friend class Database;
  struct Free {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Free> statement_;
};

class Database {
 public:
  // Above it no copy is made in memory.
  static constexpr uint64_t kLargestCopy = uint64_t{1} << 30;

  // Opens the file, or makes one that is readable by its user alone.  On a disk that takes no change: a copy of it in
  // memory, empty where there is none.  Errors: io, and invalid when the file is no database; over_limit for one that
  // is too large to be copied.  Statements that do not fit its tables give invalid too.
  static Result<Database> open(const std::filesystem::path& path);
  // An empty one, which goes with this object.
  static Result<Database> open_in_memory();
  // Opens an existing file for reading beside its writer, or while nobody has it open, on a full or read-only disk too.
  static Result<Database> open_read_only(const std::filesystem::path& path);

  // Whether it is a copy or an empty one: what is written to it is on no disk.
  bool is_in_memory() const;

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // PRAGMA user_version: the version of the schema, 0 in a new file.
  Result<int64_t> schema_version();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  static Result<Database> open(const std::string& name, int flags, const char* way);
  static Result<Database> open_at_rest(const std::filesystem::path& path);
  static Result<Database> copy_in_memory(const std::filesystem::path& path);
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace weir
