// SPDX-License-Identifier: Apache-2.0
#include "hub/metadata.h"

#include <string_view>
#include <utility>

#include "base/log.h"
#include "hub/columns.h"

namespace weir::hub {
namespace {

constexpr size_t kFilesInMemory = 100'000;
constexpr size_t kRevisionsInMemory = 10'000;
constexpr size_t kQueuedChanges = 20'000;

// No part of a name holds a line feed.
std::string name_of(const RepoName& repo) {
  return std::string(plural_of(repo.type)) + '\n' + repo.repo;
}

Sha256 key_of(const CommitFile& file) {
  return sha256(name_of(file.repo) + '\n' + file.commit + '\n' + file.path);
}

Sha256 key_of(const RepoName& repo, const std::string& revision) {
  return sha256(name_of(repo) + '\n' + revision);
}

Sha256 key_of(const AnswerName& name) {
  auto audience = name.audience.credentials ? name.audience.credentials->hex() : "";
  return sha256(audience + '\n' + name.method + '\n' + name.host + '\n' + name.target + '\n' + name.variant + '\n' +
                name.body.hex());
}

size_t cost_of(const Answer& answer) {
  constexpr size_t kOverhead = 1024;
  return answer.body.size() + kOverhead;
}

template <typename T>
std::optional<T> or_nothing(Result<std::optional<T>> found) {
  if (found) return std::move(*found);
  log::warning("the remembered metadata cannot be read: {}", found.error().message);
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Metadata>> Metadata::open(const std::filesystem::path& path, const MetadataOptions& options,
                                                 AccessLedger& ledger) {
  TRY_ASSIGN(auto database, MetadataDatabase::open(path, options));
  TRY_ASSIGN(auto access, database.load_access());
  for (const auto& record : access) ledger.restore(record);
  return std::unique_ptr<Metadata>(new Metadata(std::move(database), path, options, ledger));
}

Metadata::Metadata(MetadataDatabase database, const std::filesystem::path& path, const MetadataOptions& options,
                   AccessLedger& ledger)
    : path_(path),
      options_(options),
      ledger_(ledger),
      database_(std::move(database)),
      files_(kFilesInMemory),
      revisions_(kRevisionsInMemory),
      answers_(options.memory),
      writer_(kQueuedChanges, [this](const auto& changes) { write(changes); }) {}

// --- files

void Metadata::learn_file(const CommitFile& file, FileHead head) {
  auto key = key_of(file);
  {
    std::lock_guard lock(mutex_);
    const auto* held = files_.find(key);
    if (held && **held == head) return;
    files_.put(key, std::make_shared<const FileHead>(head));
  }
  writer_.put(LearntFile{file, std::move(head)});
}

std::shared_ptr<const FileHead> Metadata::peek_file(const CommitFile& file) const {
  auto key = key_of(file);
  std::lock_guard lock(mutex_);
  const auto* held = files_.find(key);
  return held ? *held : nullptr;
}

std::shared_ptr<const FileHead> Metadata::find_file(const CommitFile& file) {
  if (auto held = peek_file(file)) return held;
  std::lock_guard reading(reader_mutex_);
  auto stored = or_nothing(database_.find(file));
  if (!stored) return nullptr;
  auto head = std::make_shared<const FileHead>(std::move(*stored));
  std::lock_guard lock(mutex_);
  files_.put(key_of(file), head);
  return head;
}

// --- revisions

void Metadata::learn_revision(const RepoName& repo, const std::string& name, const Revision& revision) {
  {
    std::lock_guard lock(mutex_);
    revisions_.put(key_of(repo, name), revision);
  }
  writer_.put(LearntRevision{repo, name, revision});
}

std::optional<Revision> Metadata::peek_revision(const RepoName& repo, const std::string& name) const {
  auto key = key_of(repo, name);
  std::lock_guard lock(mutex_);
  const auto* held = revisions_.find(key);
  return held ? std::optional(*held) : std::nullopt;
}

std::optional<Revision> Metadata::find_revision(const RepoName& repo, const std::string& name) {
  if (auto held = peek_revision(repo, name)) return held;
  std::lock_guard reading(reader_mutex_);
  auto stored = or_nothing(database_.find(repo, name));
  if (!stored) return std::nullopt;
  std::lock_guard lock(mutex_);
  // What was learnt meanwhile is newer.
  if (const auto* held = revisions_.find(key_of(repo, name))) return *held;
  revisions_.put(key_of(repo, name), *stored);
  return stored;
}

// --- answers

void Metadata::learn_answer(const AnswerName& name, Answer answer) {
  if (answer.body.size() > options_.max_answer) return;
  auto shared = std::make_shared<const Answer>(std::move(answer));
  keep(key_of(name), shared);
  writer_.put(LearntAnswer{name, std::move(shared)});
}

std::shared_ptr<const Answer> Metadata::peek_answer(const AnswerName& name) const {
  auto key = key_of(name);
  std::lock_guard lock(mutex_);
  const auto* held = answers_.find(key);
  return held ? *held : nullptr;
}

std::shared_ptr<const Answer> Metadata::find_answer(const AnswerName& name) {
  if (auto held = peek_answer(name)) return held;
  std::lock_guard reading(reader_mutex_);
  auto stored = or_nothing(database_.find(name));
  if (!stored) return nullptr;
  auto answer = std::make_shared<const Answer>(std::move(*stored));
  keep(key_of(name), answer);
  return answer;
}

void Metadata::keep(const Key& key, std::shared_ptr<const Answer> answer) {
  auto cost = cost_of(*answer);
  std::lock_guard lock(mutex_);
  answers_.put(key, std::move(answer), cost);
}

// --- forgetting

void Metadata::forget(ForgottenRepo forgotten) {
  writer_.put(std::move(forgotten));
  flush();
  // The memory's tables are read from the disk again as they are needed.
  std::lock_guard lock(mutex_);
  files_.clear();
  revisions_.clear();
  answers_.clear();
}

// --- writing

void Metadata::save_access() {
  for (auto& record : ledger_.take_changes()) writer_.put(std::move(record));
}

void Metadata::write(const std::vector<MetadataChange>& changes) {
  auto written = write_to_disk(changes);
  if (!written && !writes_fail_)
    log::warning("the metadata cannot be written ({}); what is learnt now is forgotten at the end",
                 written.error().message);
  writes_fail_ = !written;
}

// What was opened on a disk that took no change is opened anew when it does.
Result<void> Metadata::write_to_disk(const std::vector<MetadataChange>& changes) {
  if (database_.is_in_memory()) {
    TRY(check_takes_changes(path_));
    TRY_ASSIGN(auto database, MetadataDatabase::open(path_, options_));
    std::lock_guard reading(reader_mutex_);
    database_ = std::move(database);
  }
  return database_.write(changes);
}

}  // namespace weir::hub
