// SPDX-License-Identifier: Apache-2.0
#include "hub/columns.h"

#include <algorithm>
#include <array>

#include "base/files.h"
#include "base/log.h"

namespace weir::hub {

namespace fs = std::filesystem;

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

Result<void> prepare_schema(Database& database, std::string_view schema, int64_t version) {
  TRY_ASSIGN(int64_t held, database.schema_version());
  if (held > version) return fail(ErrorCode::unsupported, "version " + std::to_string(held) + " of a newer Weir");
  if (held == version) return {};
  return database.execute("BEGIN; " + std::string(schema) + " PRAGMA user_version = " + std::to_string(version) +
                          "; COMMIT");
}

Result<void> drop_oldest(Database& database, const std::string& table, size_t limit) {
  return database.execute("DELETE FROM " + table + " WHERE id <= (SELECT id FROM " + table +
                          " ORDER BY id DESC LIMIT 1 OFFSET " + std::to_string(limit) + ")");
}

constexpr std::array kSuffixes = {"", "-wal", "-shm"};

// SQLite finds the log of a file by its name, so the three move together.
Result<void> set_database_aside(const fs::path& path) {
  for (auto suffix : kSuffixes) TRY(set_aside(path.string() + suffix, path.string() + ".set-aside" + suffix));
  return {};
}

Result<void> set_aside_foreign(std::string_view what, const fs::path& path) {
  bool any =
      std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](auto suffix) { return is_foreign(path.string() + suffix); });
  if (!any) return {};
  TRY(set_database_aside(path));
  log_set_aside(what, path, Error{ErrorCode::invalid, "in its place or beside it stands what is no regular file"});
  return {};
}

Result<void> check_takes_changes(const fs::path& path) {
  if (is_on_read_only_disk(path.parent_path())) return fail(ErrorCode::read_only, path.string() + " takes no change");
  return {};
}

Result<void> check_is_on_disk(const Database& database) {
  return database.is_in_memory() ? fail(ErrorCode::read_only, "it was opened on a disk that takes no change")
                                 : Result<void>();
}

void log_without(std::string_view what, const fs::path& path, const Error& error) {
  log::warning("{} {} cannot be used ({}), nor replaced on a read-only disk: nothing of it is known", what,
               path.string(), error.message);
}

void log_set_aside(std::string_view what, const fs::path& path, const Error& error) {
  log::warning("{} {} cannot be used ({}); it is set aside as {}.set-aside and begun anew", what, path.string(),
               error.message, path.string());
}

}  // namespace weir::hub
