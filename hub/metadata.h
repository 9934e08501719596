// SPDX-License-Identifier: Apache-2.0
// What the hub said of its repositories, remembered: heads of files, what branches were, answers of the read API, and
// the ledger of its permissions.  Whoever uses a memory asks the ledger first; a memory is no permission.
//
// peek_* and learn_* are quick and safe from any thread; find_* may read the disk (disk pool).  What is learnt is
// written behind, in batches.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "hub/access_ledger.h"
#include "hub/bounded_map.h"
#include "hub/metadata_database.h"
#include "hub/metadata_records.h"
#include "hub/options.h"
#include "hub/write_behind.h"

namespace weir::hub {

class Metadata {
 public:
  // Blocking.  The ledger gets what `path` holds of it, and its changes are written there; it must outlive this.
  // Errors: io.  A damaged file is no error (MetadataDatabase::open).
  static Result<std::unique_ptr<Metadata>> open(const std::filesystem::path& path, const MetadataOptions& options,
                                                AccessLedger& ledger);

  void learn_file(const CommitFile& file, FileHead head);
  // From memory alone.
  std::shared_ptr<const FileHead> peek_file(const CommitFile& file) const;
  // Null when nothing is known, or the disk cannot be read.
  std::shared_ptr<const FileHead> find_file(const CommitFile& file);

  void learn_revision(const RepoName& repo, const std::string& name, const Revision& revision);
  std::optional<Revision> peek_revision(const RepoName& repo, const std::string& name) const;
  std::optional<Revision> find_revision(const RepoName& repo, const std::string& name);

  // An answer above the options' max_answer is not kept.
  void learn_answer(const AnswerName& name, Answer answer);
  std::shared_ptr<const Answer> peek_answer(const AnswerName& name) const;
  std::shared_ptr<const Answer> find_answer(const AnswerName& name);

  // Blocking.  What was remembered is no more; it is written when this returns, or could not be.
  void forget(ForgottenRepo forgotten);

  // Has the ledger's changes written: call it after each change of the ledger.
  void save_access();
  const MetadataOptions& options() const { return options_; }

  // Waits until all that was learnt before is written, or could not be.
  void flush() { writer_.flush(); }

 private:
  using Key = Digest<32>;
  template <typename Value>
  using Table = BoundedMap<Key, Value, DigestHash>;

  Metadata(MetadataDatabase database, const std::filesystem::path& path, const MetadataOptions& options,
           AccessLedger& ledger);
  void keep(const Key& key, std::shared_ptr<const Answer> answer);
  void write(const std::vector<MetadataChange>& changes);
  Result<void> write_to_disk(const std::vector<MetadataChange>& changes);

  const std::filesystem::path path_;
  const MetadataOptions options_;
  AccessLedger& ledger_;
  std::mutex reader_mutex_;    // never taken within mutex_
  MetadataDatabase database_;  // reading: guarded by reader_mutex_; writing: the writer's; replacing: both
  bool writes_fail_ = false;   // the writer's

  mutable std::mutex mutex_;
  Table<std::shared_ptr<const FileHead>> files_;  // guarded by mutex_
  Table<Revision> revisions_;                     // guarded by mutex_
  Table<std::shared_ptr<const Answer>> answers_;  // guarded by mutex_

  WriteBehind<MetadataChange> writer_;  // the last: it uses the others until it has ended
};

}  // namespace weir::hub
