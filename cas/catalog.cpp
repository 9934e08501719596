// SPDX-License-Identifier: Apache-2.0
#include "cas/catalog.h"

#include <string>

#include "base/log.h"

namespace weir::cas {
namespace {

namespace fs = std::filesystem;

// Calls `visit(entry)` for the entries of one type.  A folder that cannot be read is logged and left out: its objects
// are found when somebody asks for them.
template <typename Visit>
void for_each(const fs::path& folder, fs::file_type type, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    if (entry->symlink_status(unknown).type() == type) visit(*entry);
  }
  if (error) log::warning("cannot list {}: {}", folder.string(), error.message());
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(const Layout& layout) {
  TRY_ASSIGN(auto index, BlobIndex::open(layout.index()));
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(index)));
  catalog->load();
  if (!catalog->index_.was_closed()) catalog->walk(layout);
  TRY(catalog->flush());
  return catalog;
}

Catalog::~Catalog() {
  auto closed = flush();
  if (closed) closed = index_.mark_closed();
  if (!closed)
    log::warning("the store's index is behind; the next start walks the objects: {}", closed.error().message);
}

void Catalog::load() {
  for (auto& [digest, entry] : index_.take_rows()) set(digest, entry);
  changed_.clear();
}

void Catalog::walk(const Layout& layout) {
  for_each(layout.objects(), fs::file_type::directory, [&](const fs::directory_entry& outer) {
    for_each(outer.path(), fs::file_type::directory, [&](const fs::directory_entry& inner) {
      for_each(inner.path(), fs::file_type::regular, [&](const fs::directory_entry& file) {
        auto digest = Sha256::from_hex(file.path().filename().string());
        if (digest && layout.object(*digest) == file.path() && !entries_.contains(*digest))
          enter_unknown(layout, *digest);
      });
    });
  });
}

void Catalog::enter_unknown(const Layout& layout, const Sha256& digest) {
  auto file = open_existing(layout.object(digest), Access::read);
  if (!file) log::warning("an object that the index does not know: {}", file.error().message);
  if (file && file->found == Found::plain) set(digest, Entry{file->stamp, wall_now(), Trust::unverified});
}

std::optional<FileStamp> Catalog::verified(const Sha256& digest) const {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(digest);
  if (entry == entries_.end() || entry->second.trust != Trust::verified) return std::nullopt;
  return entry->second.stamp;
}

void Catalog::put(const Sha256& digest, const Entry& entry) {
  std::lock_guard lock(mutex_);
  set(digest, entry);
}

void Catalog::touch(const Sha256& digest, WallTime now) {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(digest);
  if (entry == entries_.end()) return;
  entry->second.last_use = now;
  changed_.insert(digest);
}

void Catalog::doubt(const Sha256& digest, const FileStamp& stamp) {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(digest);
  if (entry == entries_.end() || entry->second.stamp != stamp) return;
  set(digest, Entry{stamp, entry->second.last_use, Trust::unverified});
}

void Catalog::forget(const Sha256& digest, const FileStamp& stamp) {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(digest);
  if (entry != entries_.end() && entry->second.stamp == stamp) set(digest, std::nullopt);
}

void Catalog::forget(const Sha256& digest) {
  std::lock_guard lock(mutex_);
  set(digest, std::nullopt);
}

std::vector<BlobInfo> Catalog::list() const {
  std::lock_guard lock(mutex_);
  std::vector<BlobInfo> blobs;
  blobs.reserve(entries_.size());
  for (auto& [digest, entry] : entries_) blobs.push_back({digest, entry.stamp.size, entry.last_use, entry.trust});
  return blobs;
}

Totals Catalog::totals(Trust trust) const {
  std::lock_guard lock(mutex_);
  return totals_[static_cast<size_t>(trust)];
}

Result<void> Catalog::flush() {
  std::lock_guard index_lock(index_mutex_);
  std::vector<EntryChange> changes;
  {
    std::lock_guard lock(mutex_);
    for (auto& digest : changed_) {
      auto entry = entries_.find(digest);
      changes.emplace_back(digest, entry == entries_.end() ? std::nullopt : std::optional(entry->second));
    }
    changed_.clear();
  }
  auto written = index_.write(changes);
  if (!written) {
    std::lock_guard lock(mutex_);
    for (auto& [digest, entry] : changes) changed_.insert(digest);
  }
  return written;
}

void Catalog::set(const Sha256& digest, const std::optional<Entry>& entry) {
  changed_.insert(digest);
  auto old = entries_.find(digest);
  if (old != entries_.end()) {
    totals_of(old->second).count -= 1;
    totals_of(old->second).bytes -= old->second.stamp.size;
    entries_.erase(old);
  }
  if (!entry) return;
  totals_of(*entry).count += 1;
  totals_of(*entry).bytes += entry->stamp.size;
  entries_.emplace(digest, *entry);
}

}  // namespace weir::cas
