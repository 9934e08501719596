// SPDX-License-Identifier: Apache-2.0
// How values stand in SQLite's columns, and how an unusable database makes room for a new one.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>

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

// Opens by `open`; a file that is damaged or newer is set aside, with a line in the log, and opened anew.
template <typename Open>
auto open_or_set_aside(std::string_view what, const std::filesystem::path& path, Open open) -> decltype(open()) {
  TRY(set_aside_foreign(what, path));
  auto opened = open();
  // Once more: a part that the disk does not give is damage to SQLite.
  if (!opened && opened.error().code == ErrorCode::invalid) opened = open();
  if (opened) return opened;
  const auto& error = opened.error();
  if (error.code != ErrorCode::invalid && error.code != ErrorCode::unsupported) return fail(error.in(path.string()));
  log_set_aside(what, path, error);
  TRY(set_database_aside(path));
  return open();
}

}  // namespace weir::hub
