// SPDX-License-Identifier: Apache-2.0
#include "hub/metadata_database.h"

#include "hub/columns.h"

namespace weir::hub {
namespace {

constexpr auto kSchema = R"sql(
  CREATE TABLE files (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, repo TEXT NOT NULL, commit_id TEXT NOT NULL, path TEXT NOT NULL,
    kind INTEGER NOT NULL, status INTEGER NOT NULL, sha256 BLOB NOT NULL, size INTEGER NOT NULL, fields TEXT NOT NULL,
    body BLOB NOT NULL, UNIQUE (type, repo, commit_id, path));
  CREATE TABLE revisions (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, repo TEXT NOT NULL, revision TEXT NOT NULL, commit_id TEXT NOT NULL,
    asked INTEGER NOT NULL, UNIQUE (type, repo, revision));
  CREATE TABLE answers (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, repo TEXT NOT NULL, audience BLOB NOT NULL, method TEXT NOT NULL,
    host TEXT NOT NULL, target TEXT NOT NULL, variant TEXT NOT NULL, request BLOB NOT NULL, asked INTEGER NOT NULL,
    fields TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (host, target, method, audience, variant, request));
  CREATE TABLE access (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, repo TEXT NOT NULL, asker BLOB NOT NULL, granted INTEGER NOT NULL,
    said INTEGER NOT NULL, UNIQUE (type, repo, asker, granted));
)sql";

std::string_view key_of(const Asker& asker) {
  return asker.credentials ? bytes_of(*asker.credentials) : std::string_view();
}

// A query may hold what is secret; it is compared and never read.
std::string without_query(const std::string& target) {
  auto query = target.find('?');
  if (query == std::string::npos) return target;
  return target.substr(0, query + 1) + sha256(std::string_view(target).substr(query)).hex();
}

Asker asker_in(std::string_view blob) {
  return blob.empty() ? Asker{} : Asker{digest_in<32>(blob)};
}

RepoName repo_in(const Statement& row, int column) {
  return {repo_type_of(row.text(column)).value_or(RepoType::model), row.text(column + 1)};
}

WallTime time_in(const Statement& row, int column) {
  return WallTime(std::chrono::seconds(row.integer(column)));
}

// Runs a statement that gives one row at most; `read` makes the value.
template <typename T, typename Read>
Result<std::optional<T>> only_row(Statement& statement, Read read) {
  auto row = statement.step();
  std::optional<T> value;
  if (row && *row) value = read(statement);
  statement.reset();
  if (!row) return fail(row.error());
  return value;
}

}  // namespace

Result<MetadataDatabase> MetadataDatabase::open(const std::filesystem::path& path, const MetadataOptions& options) {
  return open_or_do_without("the remembered metadata", path,
                            [&](Database writer) { return use(std::move(writer), path, options); });
}

Result<MetadataDatabase> MetadataDatabase::use(Database writer, const std::filesystem::path& path,
                                               const MetadataOptions& options) {
  TRY(prepare_schema(writer, kSchema, kSchemaVersion));
  TRY(drop_oldest(writer, "files", options.max_files));
  TRY(drop_oldest(writer, "answers", options.max_answers));
  std::optional<Database> own_reader;
  if (!writer.is_in_memory()) {
    TRY_ASSIGN(own_reader, Database::open_read_only(path));
  }
  auto& reader = own_reader ? *own_reader : writer;
  Statements all;
  TRY_ASSIGN(all.put_file,
             writer.prepare("INSERT OR REPLACE INTO files (type, repo, commit_id, path, kind, status, sha256, size,"
                            " fields, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY_ASSIGN(all.put_revision,
             writer.prepare("INSERT OR REPLACE INTO revisions (type, repo, revision, commit_id, asked)"
                            " VALUES (?, ?, ?, ?, ?)"));
  TRY_ASSIGN(all.put_answer,
             writer.prepare("INSERT OR REPLACE INTO answers (type, repo, audience, method, host, target, variant,"
                            " request, asked, fields, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY_ASSIGN(all.put_access,
             writer.prepare("INSERT OR REPLACE INTO access (type, repo, asker, granted, said) VALUES (?, ?, ?, ?, ?)"));
  TRY_ASSIGN(all.drop_access,
             writer.prepare("DELETE FROM access WHERE type = ? AND repo = ? AND asker = ? AND granted = ?"));
  TRY_ASSIGN(all.find_file, reader.prepare("SELECT kind, status, sha256, size, fields, body FROM files"
                                           " WHERE type = ? AND repo = ? AND commit_id = ? AND path = ?"));
  TRY_ASSIGN(all.find_revision, reader.prepare("SELECT commit_id, asked FROM revisions"
                                               " WHERE type = ? AND repo = ? AND revision = ?"));
  TRY_ASSIGN(all.find_answer,
             reader.prepare("SELECT type, repo, fields, body, asked FROM answers WHERE host = ? AND target = ?"
                            " AND method = ? AND audience = ? AND variant = ? AND request = ?"));
  return MetadataDatabase(std::move(writer), std::move(own_reader), std::move(all));
}

Result<std::vector<AccessRecord>> MetadataDatabase::load_access() {
  TRY_ASSIGN(auto row, reader().prepare("SELECT type, repo, asker, granted, said FROM access ORDER BY id"));
  std::vector<AccessRecord> records;
  for (;;) {
    TRY_ASSIGN(bool there, row.step());
    if (!there) return records;
    auto right = static_cast<Right>(row.integer(3));
    if (right > Right::all_files) continue;
    records.push_back({asker_in(row.blob(2)), repo_in(row, 0), right, time_in(row, 4), AccessRecord::Kind::yes});
  }
}

Result<std::optional<FileHead>> MetadataDatabase::find(const CommitFile& file) {
  auto& statement = statements_.find_file;
  statement.bind(1, plural_of(file.repo.type)).bind(2, file.repo.repo).bind(3, file.commit).bind(4, file.path);
  return only_row<FileHead>(statement, [](const Statement& row) {
    return FileHead{
        static_cast<FileHead::Kind>(row.integer(0)), static_cast<int>(row.integer(1)), digest_in<32>(row.blob(2)),
        static_cast<uint64_t>(row.integer(3)),       fields_in(row.text(4)),           row.blob(5)};
  });
}

Result<std::optional<Revision>> MetadataDatabase::find(const RepoName& repo, const std::string& revision) {
  auto& statement = statements_.find_revision;
  statement.bind(1, plural_of(repo.type)).bind(2, repo.repo).bind(3, revision);
  return only_row<Revision>(statement, [](const Statement& row) { return Revision{row.text(0), time_in(row, 1)}; });
}

Result<std::optional<Answer>> MetadataDatabase::find(const AnswerName& name) {
  auto& statement = statements_.find_answer;
  statement.bind(1, name.host)
      .bind(2, without_query(name.target))
      .bind(3, name.method)
      .bind_blob(4, key_of(name.audience));
  statement.bind(5, name.variant).bind_blob(6, bytes_of(name.body));
  return only_row<Answer>(statement, [](const Statement& row) {
    return Answer{repo_in(row, 0), fields_in(row.text(2)), row.blob(3), time_in(row, 4)};
  });
}

Result<void> MetadataDatabase::write(const std::vector<MetadataChange>& changes) {
  TRY(check_is_on_disk(writer_));
  TRY(writer_.execute("BEGIN"));
  Result<void> written;
  for (const auto& change : changes) {
    written = std::visit([this](const auto& each) { return put(each); }, change);
    if (!written) break;
  }
  if (written) written = writer_.execute("COMMIT");
  // After an error SQLite may have rolled back by itself; then this one fails, and that is right.
  if (!written) (void)writer_.execute("ROLLBACK");
  return written;
}

Result<void> MetadataDatabase::put(const LearntFile& learnt) {
  const auto& [file, head] = learnt;
  auto& put = statements_.put_file;
  put.bind(1, plural_of(file.repo.type)).bind(2, file.repo.repo).bind(3, file.commit).bind(4, file.path);
  put.bind(5, static_cast<int64_t>(head.kind)).bind(6, head.status).bind_blob(7, bytes_of(head.digest));
  put.bind(8, static_cast<int64_t>(head.size)).bind(9, text_of(head.fields)).bind_blob(10, head.body);
  return put.run();
}

Result<void> MetadataDatabase::put(const LearntRevision& learnt) {
  auto& put = statements_.put_revision;
  put.bind(1, plural_of(learnt.repo.type)).bind(2, learnt.repo.repo).bind(3, learnt.name);
  put.bind(4, learnt.revision.commit).bind(5, unix_seconds(learnt.revision.asked));
  return put.run();
}

Result<void> MetadataDatabase::put(const LearntAnswer& learnt) {
  const auto& [name, answer] = learnt;
  auto& put = statements_.put_answer;
  put.bind(1, plural_of(answer->repo.type)).bind(2, answer->repo.repo).bind_blob(3, key_of(name.audience));
  put.bind(4, name.method).bind(5, name.host).bind(6, without_query(name.target)).bind(7, name.variant);
  put.bind_blob(8, bytes_of(name.body)).bind(9, unix_seconds(answer->asked));
  put.bind(10, text_of(answer->fields)).bind_blob(11, answer->body);
  return put.run();
}

Result<void> MetadataDatabase::put(const AccessRecord& record) {
  bool yes = record.kind == AccessRecord::Kind::yes;
  auto& change = yes ? statements_.put_access : statements_.drop_access;
  change.bind(1, plural_of(record.repo.type)).bind(2, record.repo.repo).bind_blob(3, key_of(record.asker));
  change.bind(4, static_cast<int64_t>(record.right));
  if (yes) change.bind(5, unix_seconds(record.said));
  return change.run();
}

Result<void> MetadataDatabase::put(const ForgottenRepo& forgotten) {
  TRY_ASSIGN(auto drop,
             writer_.prepare("DELETE FROM files WHERE type = ? AND repo = ? AND commit_id = ? AND path = ?"));
  for (const auto& file : forgotten.files)
    TRY(drop.bind(1, plural_of(file.repo.type)).bind(2, file.repo.repo).bind(3, file.commit).bind(4, file.path).run());
  if (forgotten.extent != ForgottenRepo::Extent::all) return {};
  for (const auto* table : {"files", "revisions", "answers"}) {
    TRY_ASSIGN(auto drop_all, writer_.prepare(std::string("DELETE FROM ") + table + " WHERE type = ? AND repo = ?"));
    TRY(drop_all.bind(1, plural_of(forgotten.repo.type)).bind(2, forgotten.repo.repo).run());
  }
  return {};
}

}  // namespace weir::hub
