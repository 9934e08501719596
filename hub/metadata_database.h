// SPDX-License-Identifier: Apache-2.0
// The file of the remembered metadata, in SQLite.  Holds no token, no cookie and no query; who asked is a keyed hash.
// Blocking; one writer and one reader connection, each used by one thread at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/database.h"
#include "base/result.h"
#include "hub/access_ledger.h"
#include "hub/metadata_records.h"
#include "hub/options.h"

namespace weir::hub {

using LearntFile = std::pair<CommitFile, FileHead>;
struct LearntRevision {
  RepoName repo;
  std::string name;
  Revision revision;
};
using LearntAnswer = std::pair<AnswerName, std::shared_ptr<const Answer>>;
// The heads of these files and, where the whole repository is meant, its revisions and answers.
struct ForgottenRepo {
  RepoName repo;
  std::vector<CommitFile> files;
  enum class Extent { files, all } extent = Extent::files;
};
using MetadataChange = std::variant<LearntFile, LearntRevision, LearntAnswer, AccessRecord, ForgottenRepo>;

class MetadataDatabase {
 public:
  static constexpr int64_t kSchemaVersion = 1;

  // Opens or makes the file and brings its tables under their limits.  One that is damaged or newer is set aside, with
  // a line in the log, and begun anew.  On a disk that takes no change it is a copy in memory, empty where the file is
  // of no use.
  static Result<MetadataDatabase> open(const std::filesystem::path& path, const MetadataOptions& options);

  // Whether it was opened on a disk that took no change: to write, open it anew.
  bool is_in_memory() const { return writer_.is_in_memory(); }

  Result<std::vector<AccessRecord>> load_access();
  Result<std::optional<FileHead>> find(const CommitFile& file);
  Result<std::optional<Revision>> find(const RepoName& repo, const std::string& revision);
  Result<std::optional<Answer>> find(const AnswerName& name);

  // All of them, or none when there is an error.  Errors: io, no_space; read_only for one in memory.
  Result<void> write(const std::vector<MetadataChange>& changes);

 private:
  struct Statements {
    Statement put_file, put_revision, put_answer, put_access, drop_access;
    Statement find_file, find_revision, find_answer;
  };
  MetadataDatabase(Database writer, std::optional<Database> reader, Statements statements)
      : writer_(std::move(writer)), reader_(std::move(reader)), statements_(std::move(statements)) {}

  static Result<MetadataDatabase> use(Database writer, const std::filesystem::path& path,
                                      const MetadataOptions& options);
  Database& reader() { return reader_ ? *reader_ : writer_; }
  Result<void> put(const LearntFile& file);
  Result<void> put(const LearntRevision& revision);
  Result<void> put(const LearntAnswer& answer);
  Result<void> put(const AccessRecord& record);
  Result<void> put(const ForgottenRepo& forgotten);

  Database writer_;
  std::optional<Database> reader_;  // none beside a writer in memory
  Statements statements_;
};

}  // namespace weir::hub
