// SPDX-License-Identifier: Apache-2.0
#include "cas/catalog.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "base/files.h"
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
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(index), layout.index()));
  catalog->load();
  if (!catalog->index_.was_closed()) catalog->walk(layout);
  if (!catalog->index_.is_in_memory()) TRY(catalog->flush());
  return catalog;
}

Catalog::~Catalog() {
  auto closed = flush();
  if (closed) closed = index_.mark_closed();
  // On a disk that took no change all the time the file says what it said before.
  if (!closed && !index_.is_in_memory())
    log::warning("the store's index is behind; the next start walks the objects: {}", closed.error().message);
}

void Catalog::load() {
  auto rows = index_.take_rows();
  entries_.reserve(rows.size());
  for (auto& [digest, entry] : rows) {
    replace(digest, entry);
    next_number_ = std::max({next_number_, entry.used + 1, entry.stored + 1});
  }
}

void Catalog::walk(const Layout& layout) {
  std::unordered_set<Sha256, DigestHash> seen;
  std::vector<Sha256> unknown;
  for_each(layout.objects(), fs::file_type::directory, [&](const fs::directory_entry& outer) {
    for_each(outer.path(), fs::file_type::directory, [&](const fs::directory_entry& inner) {
      for_each(inner.path(), fs::file_type::regular, [&](const fs::directory_entry& file) {
        auto digest = Sha256::from_hex(file.path().filename().string());
        if (!digest || layout.object(*digest) != file.path()) return;
        if (entries_.contains(*digest)) {
          seen.insert(*digest);
        } else {
          unknown.push_back(*digest);
        }
      });
    });
  });
  drop_gone(layout, seen);
  enter_unknown(layout, unknown);
}

// A crash may have come between the removal of a file and that of its row.
void Catalog::drop_gone(const Layout& layout, const std::unordered_set<Sha256, DigestHash>& seen) {
  std::vector<Sha256> gone;
  for (const auto& [digest, entry] : entries_) {
    if (seen.contains(digest)) continue;
    auto file = open_existing(layout.object(digest), Access::read);
    if (file && file->found == Found::absent) gone.push_back(digest);
  }
  for (const auto& digest : gone) set(digest, std::nullopt);
}

// They are numbered in the order in which they were written, as if they had come just now.
void Catalog::enter_unknown(const Layout& layout, const std::vector<Sha256>& unknown) {
  std::vector<std::pair<FileStamp, Sha256>> found;
  for (const auto& digest : unknown) {
    auto file = open_existing(layout.object(digest), Access::read);
    if (!file) log::warning("an object that the index does not know: {}", file.error().message);
    if (file && file->found == Found::plain) found.emplace_back(file->stamp, digest);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.mtime_ns, a.second) < std::tie(b.first.mtime_ns, b.second);
  });
  for (const auto& [stamp, digest] : found) put(digest, Entry{stamp, wall_now(), Verification::unverified});
}

std::optional<FileStamp> Catalog::verified(const Sha256& digest) const {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(digest);
  if (entry == entries_.end() || entry->second.verification != Verification::verified) return std::nullopt;
  return entry->second.stamp;
}

void Catalog::put(const Sha256& digest, const Entry& entry) {
  std::lock_guard lock(mutex_);
  auto numbered = entry;
  if (auto old = entries_.find(digest); entry.used == 0 && old != entries_.end()) {
    numbered.used = old->second.used;
    numbered.stored = old->second.stored;
  } else if (entry.used == 0) {
    numbered.used = numbered.stored = next_number_++;
  }
  set(digest, numbered);
}

void Catalog::touch(const Sha256& digest, WallTime now) {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(digest);
  if (entry == entries_.end()) return;
  entry->second.last_use = now;
  entry->second.used = next_number_++;
  changed_.insert(digest);
}

void Catalog::doubt(const Sha256& digest, const FileStamp& stamp) {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(digest);
  if (entry == entries_.end() || entry->second.stamp != stamp) return;
  auto doubted = entry->second;
  doubted.verification = Verification::unverified;
  set(digest, doubted);
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

std::optional<Entry> Catalog::take(const Sha256& digest, uint64_t used) {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(digest);
  if (entry == entries_.end() || entry->second.used != used) return std::nullopt;
  auto taken = entry->second;
  set(digest, std::nullopt);
  return taken;
}

// In slices, so that nobody who looks for one blob waits for a look at a million.
std::vector<Candidate> Catalog::candidates() const {
  constexpr size_t kSlice = 4096;
  std::vector<Candidate> blobs;
  size_t buckets = 0;
  for (size_t next = 0; next < buckets || buckets == 0;) {
    std::lock_guard lock(mutex_);
    if (entries_.bucket_count() != buckets) {
      // The table has grown, and everything is elsewhere in it.
      buckets = entries_.bucket_count();
      next = 0;
      blobs.clear();
      blobs.reserve(entries_.size());
    }
    for (auto end = std::min(next + kSlice, buckets); next < end; ++next)
      for (auto entry = entries_.begin(next); entry != entries_.end(next); ++entry)
        blobs.push_back({entry->first, entry->second.stamp.size, entry->second.used, entry->second.stored});
  }
  return blobs;
}

std::vector<BlobInfo> Catalog::list() const {
  std::lock_guard lock(mutex_);
  std::vector<BlobInfo> blobs;
  blobs.reserve(entries_.size());
  for (auto& [digest, entry] : entries_)
    blobs.push_back({digest, entry.stamp.size, entry.last_use, entry.verification});
  return blobs;
}

Totals Catalog::totals(Verification verification) const {
  std::lock_guard lock(mutex_);
  return totals_[static_cast<size_t>(verification)];
}

Result<void> Catalog::flush() {
  std::lock_guard index_lock(index_mutex_);
  TRY(have_index_on_disk());
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

// What was opened on a disk that took no change.  All rows are written, for the file may have been of no use.
Result<void> Catalog::have_index_on_disk() {
  if (!index_.is_in_memory()) return {};
  if (is_on_read_only_disk(path_.parent_path())) return fail(ErrorCode::read_only, path_.string() + " takes no change");
  TRY_ASSIGN(index_, BlobIndex::open(path_));
  (void)index_.take_rows();  // they are known
  std::lock_guard lock(mutex_);
  for (const auto& [digest, entry] : entries_) changed_.insert(digest);
  return {};
}

void Catalog::set(const Sha256& digest, const std::optional<Entry>& entry) {
  changed_.insert(digest);
  replace(digest, entry);
}

void Catalog::replace(const Sha256& digest, const std::optional<Entry>& entry) {
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
