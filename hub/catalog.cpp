// SPDX-License-Identifier: Apache-2.0
#include "hub/catalog.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "hub/columns.h"

namespace weir::hub {
namespace {

constexpr size_t kWrittenNames = 100'000;
constexpr size_t kUnwrittenNames = 100'000;

// Names are looked up by half a sha256 of theirs, which is small and as good as unique.
Digest<16> key_of(std::string_view name) {
  auto whole = sha256(name);
  Digest<16> half;
  std::copy_n(whole.bytes.begin(), half.bytes.size(), half.bytes.begin());
  return half;
}

// No host holds a line feed.
Digest<16> key_of(const ObjectName& name) {
  return key_of(name.host + '\n' + name.path);
}

Digest<16> meaning_of(const NamedFile& file) {
  return key_of(file.blob.digest.hex() + file.commit);
}

Digest<16> key_of(const NamedRevision& named) {
  return key_of(std::string(plural_of(named.type)) + '\n' + named.repo + '\n' + named.revision);
}

template <typename Table, typename Value>
bool holds(const Table& table, const Digest<16>& key, const Value& value) {
  const auto* held = table.find(key);
  return held && *held == value;
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(const std::filesystem::path& path, const CatalogLimits& limits) {
  TRY_ASSIGN(auto database, CatalogDatabase::open(path, limits));
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(database), path, limits));
  // Nobody else would tell before room has to be made.
  auto pins = catalog->pins_.list();
  if (!pins) log::warning("{}", pins.error().message);
  return catalog;
}

Catalog::Catalog(CatalogDatabase database, const std::filesystem::path& path, const CatalogLimits& limits)
    : path_(path),
      limits_(limits),
      pins_(pins_beside(path), path),
      database_(std::move(database)),
      objects_(limits.objects),
      regular_files_(limits.regular_files),
      written_names_(kWrittenNames),
      writer_(limits.queued_changes, [this](const auto& changes) { write(changes); }) {
  remember_loaded();
}

void Catalog::remember_loaded() {
  for (auto& object : database_.take_objects()) {
    objects_.put(key_of(object.name), object.blob);
    object_hosts_.insert(std::move(object.name.host));
  }
  for (auto& file : database_.take_regular_files()) regular_files_.put(key_of(file.name), std::move(file.file));
}

void Catalog::learn(NamedObject object) {
  auto key = key_of(object.name);
  {
    std::unique_lock lock(tables_mutex_);
    if (holds(objects_, key, object.blob)) return;
    objects_.put(key, object.blob);
  }
  writer_.put(std::move(object));
}

void Catalog::learn(NamedRegularFile file) {
  auto key = key_of(file.name);
  {
    std::unique_lock lock(tables_mutex_);
    if (holds(regular_files_, key, file.file)) return;
    regular_files_.put(key, file.file);
  }
  writer_.put(std::move(file));
}

void Catalog::learn(NamedFile file) {
  auto key = key_of(file.file.key());
  auto meaning = meaning_of(file);
  {
    std::unique_lock lock(tables_mutex_);
    if (holds(written_names_, key, meaning)) return;
    written_names_.put(key, meaning);
  }
  writer_.put(std::move(file));
}

void Catalog::learn(NamedRevision revision) {
  auto key = key_of(revision);
  auto meaning = key_of(revision.commit);
  {
    std::unique_lock lock(tables_mutex_);
    if (holds(written_names_, key, meaning)) return;
    written_names_.put(key, meaning);
  }
  writer_.put(std::move(revision));
}

void Catalog::forget(ForgottenNames names) {
  {
    std::unique_lock lock(tables_mutex_);
    // What stands for nothing equals no meaning, so the next one is written.
    for (const auto& file : names.files) written_names_.put(key_of(file.key()), Key{});
    for (const auto& name : names.regular_files) regular_files_.put(key_of(name), RegularFile{});
  }
  writer_.put(std::move(names));
  flush();
}

std::optional<BlobId> Catalog::find_object(const ObjectName& name) const {
  auto key = key_of(name);
  std::shared_lock lock(tables_mutex_);
  const auto* blob = objects_.find(key);
  return blob ? std::optional(*blob) : std::nullopt;
}

std::optional<RegularFile> Catalog::find_regular_file(const ObjectName& name) const {
  auto key = key_of(name);
  std::shared_lock lock(tables_mutex_);
  const auto* file = regular_files_.find(key);
  return file && *file != RegularFile{} ? std::optional(*file) : std::nullopt;
}

void Catalog::write(const std::vector<CatalogChange>& changes) {
  auto written = write_to_disk(changes);
  if (!written && !writes_fail_)
    log::warning("the catalog cannot be written ({}); what is learnt now is forgotten at the end",
                 written.error().message);
  writes_fail_ = !written;
  if (written) return forget_unwritten(changes);
  remember_unwritten(changes);
}

// What was opened on a disk that took no change is opened anew when it does.
Result<void> Catalog::write_to_disk(const std::vector<CatalogChange>& changes) {
  if (database_.is_in_memory()) {
    TRY(check_takes_changes(path_));
    TRY_ASSIGN(database_, CatalogDatabase::open(path_, limits_));
    (void)database_.take_objects();  // they are known
    (void)database_.take_regular_files();
  }
  return database_.write(changes);
}

// They are written when the hub says them again.
void Catalog::remember_unwritten(const std::vector<CatalogChange>& changes) {
  std::unique_lock lock(tables_mutex_);
  for (const auto& change : changes) {
    if (const auto* revision = std::get_if<NamedRevision>(&change)) written_names_.put(key_of(*revision), Key{});
    if (const auto* forgotten = std::get_if<ForgottenNames>(&change)) forget_unwritten(*forgotten);
    const auto* file = std::get_if<NamedFile>(&change);
    if (!file) continue;
    auto key = key_of(file->file.key());
    written_names_.put(key, Key{});
    if (unwritten_.size() < kUnwrittenNames || unwritten_.contains(key)) unwritten_[key] = file->blob.digest;
  }
}

void Catalog::forget_unwritten(const std::vector<CatalogChange>& changes) {
  std::unique_lock lock(tables_mutex_);
  if (unwritten_.empty()) return;
  for (const auto& change : changes) {
    if (const auto* file = std::get_if<NamedFile>(&change)) unwritten_.erase(key_of(file->file.key()));
    if (const auto* forgotten = std::get_if<ForgottenNames>(&change)) forget_unwritten(*forgotten);
  }
}

void Catalog::forget_unwritten(const ForgottenNames& names) {
  for (const auto& file : names.files) unwritten_.erase(key_of(file.key()));
}

Result<std::unordered_set<Sha256, DigestHash>> Catalog::pinned_blobs() {
  flush();
  // In this order: what is written in between is in both.
  std::unordered_set<Sha256, DigestHash> unwritten;
  {
    std::shared_lock lock(tables_mutex_);
    for (const auto& [name, digest] : unwritten_) unwritten.insert(digest);
  }
  TRY_ASSIGN(auto blobs, pins_.blobs());
  if (unwritten.empty()) return blobs;
  TRY_ASSIGN(auto pins, pins_.list());
  if (!pins.empty()) blobs.merge(std::move(unwritten));
  return blobs;
}

}  // namespace weir::hub
