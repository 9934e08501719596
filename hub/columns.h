// SPDX-License-Identifier: Apache-2.0
// How values stand in SQLite's columns, and how an unusable database makes room for a new one.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/database.h"
#include "base/digest.h"
#include "base/result.h"
#include "http/fields.h"

namespace weir::hub {

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

// One field a line.
std::string text_of(const http::Fields& fields);
http::Fields fields_in(std::string_view text);

// Runs the schema in a new database, and stamps it with the version.  Errors: unsupported for a newer one.
Result<void> prepare_schema(Database& database, std::string_view schema, int64_t version);

// Removes all rows of a table but the newest: its integer primary key `id` grows with each write.
Result<void> drop_oldest(Database& database, const std::string& table, size_t limit);

// Renames the file to *.set-aside, with its log.  Errors: io.
Result<void> set_database_aside(const std::filesystem::path& path);

// The same where anything but a regular file has one of these names, which SQLite would follow, wait for or not open.
// Errors: io.
Result<void> set_aside_foreign(std::string_view what, const std::filesystem::path& path);

void log_set_aside(std::string_view what, const std::filesystem::path& path, const Error& error);

// Errors: read_only while the disk that the file stands on takes no change.
Result<void> check_takes_changes(const std::filesystem::path& path);
// Errors: read_only when it is in memory, where what is written would not stay.
Result<void> check_is_on_disk(const Database& database);

void log_without(std::string_view what, const std::filesystem::path& path, const Error& error);

// Opens it and has `use(database)` make what is wanted of it; a file that is damaged or newer is set aside, with a line
// in the log, and opened anew.
template <typename Use>
auto open_or_set_aside(std::string_view what, const std::filesystem::path& path, Use use)
    -> decltype(use(std::declval<Database>())) {
  TRY(set_aside_foreign(what, path));
  auto open = [&]() -> decltype(use(std::declval<Database>())) {
    TRY_ASSIGN(auto database, Database::open(path));
    return use(std::move(database));
  };
  auto opened = open();
  // Once more: a part that the disk does not give is damage to SQLite.
  if (!opened && opened.error().code == ErrorCode::invalid) opened = open();
  if (opened) return opened;
  const auto& error = opened.error();
  bool unusable = error.code == ErrorCode::invalid || error.code == ErrorCode::unsupported;
  if (!unusable || !check_takes_changes(path)) return fail(error.in(path.string()));
  TRY(set_database_aside(path));
  log_set_aside(what, path, error);
  return open();
}

// The same on a disk that takes no change too, where it is in memory, and empty when the file is of no use.
template <typename Use>
auto open_or_do_without(std::string_view what, const std::filesystem::path& path, Use use)
    -> decltype(use(std::declval<Database>())) {
  auto opened = open_or_set_aside(what, path, use);
  if (opened || check_takes_changes(path)) return opened;
  // The disk may have become so meanwhile.
  opened = open_or_set_aside(what, path, use);
  if (opened) return opened;
  log_without(what, path, opened.error());
  TRY_ASSIGN(auto nothing, Database::open_in_memory());
  return use(std::move(nothing));
}

}  // namespace weir::hub
