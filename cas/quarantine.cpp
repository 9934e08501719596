// SPDX-License-Identifier: Apache-2.0
#include "cas/quarantine.h"

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "base/log.h"
#include "cas/disk.h"

namespace weir::cas {
namespace {

constexpr size_t kHexDigits = 64;

struct ParsedName {
  Sha256 digest;
  WallTime time;
};

// "<sha256>.<unix time>"; nothing for any other name.
std::optional<ParsedName> parse_name(std::string_view name) {
  if (name.size() <= kHexDigits + 1 || name[kHexDigits] != '.') return std::nullopt;
  auto digest = Sha256::from_hex(name.substr(0, kHexDigits));
  auto digits = name.substr(kHexDigits + 1);
  uint32_t seconds = 0;
  auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (!digest || error != std::errc() || stopped != digits.data() + digits.size()) return std::nullopt;
  return ParsedName{*digest, WallTime(std::chrono::seconds(seconds))};
}

WallTime time_from(int64_t nanoseconds) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::nanoseconds(nanoseconds)));
}

}  // namespace

Result<std::unique_ptr<Quarantine>> Quarantine::open(const Layout& layout, const Limits& limits) {
  std::unique_ptr<Quarantine> quarantine(new Quarantine(layout, limits));
  TRY(quarantine->load());
  return quarantine;
}

Result<void> Quarantine::load() {
  std::error_code error;
  for (std::filesystem::directory_iterator file(layout_.quarantine(), error), end; !error && file != end;
       file.increment(error)) {
    auto name = file->path().filename().string();
    auto parsed = parse_name(name);
    if (!parsed) continue;
    Record record{parsed->digest, parsed->time, 0, name};
    TRY_ASSIGN(auto opened, open_existing(file->path(), Access::read));
    // The mtime of a file with a second name is somebody else's.
    if (opened.found == Found::plain) record.time = time_from(opened.stamp.mtime_ns);
    record.size = opened.stamp.size;
    remember(record.digest, record.time);
    add(std::move(record));
  }
  // On a disk that takes no change it may not have been made yet.
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(errno_error("listing " + layout_.quarantine().string(), error.value()));
  return {};
}

Result<void> Quarantine::take(const std::filesystem::path& path, const Sha256& digest, WallTime now) {
  remember(digest, now);
  std::lock_guard lock(take_mutex_);
  // Somebody may have tidied up.
  TRY(make_own_folder(layout_.quarantine()));
  Record record{digest, now, 0, ""};
  // Two of one second: the later one takes the next free second as its name.
  for (auto second = unix_seconds(now);; ++second) {
    record.name = digest.hex() + "." + std::to_string(second);
    TRY_ASSIGN(bool moved, move_unless_exists(path, path_of(record)));
    if (moved) break;
  }
  TRY_ASSIGN(auto file, open_existing(path_of(record), Access::read));
  record.size = file.stamp.size;
  if (file.found == Found::plain) TRY(set_mtime(file.fd.get(), now, path_of(record)));
  log::warning("quarantined {} bytes that are not {}", record.size, digest.hex());
  add(std::move(record));
  trim(now);
  return sync_folder(layout_.quarantine());
}

std::optional<WallTime> Quarantine::last(const Sha256& digest) const {
  std::lock_guard lock(mutex_);
  auto found = newest_.find(digest);
  if (found == newest_.end()) return std::nullopt;
  return found->second;
}

void Quarantine::remember(const Sha256& digest, WallTime time) {
  std::lock_guard lock(mutex_);
  auto [newest, is_new] = newest_.try_emplace(digest, time);
  if (!is_new) newest->second = std::max(newest->second, time);
}

void Quarantine::add(Record record) {
  auto place = std::find_if(records_.begin(), records_.end(), [&](auto& other) { return other.time <= record.time; });
  records_.insert(place, std::move(record));
}

void Quarantine::trim(WallTime now) {
  size_t files = 0;
  uint64_t bytes = 0;
  for (auto& record : records_) {
    if (record.size == 0) continue;
    if (files == limits_.files || record.size > limits_.bytes - bytes) {
      strip_to_note(record);
      continue;
    }
    files += 1;
    bytes += record.size;
  }
  bool dropped = false;
  while (records_.size() > limits_.notes && now - records_.back().time > kQuarantineMemory) {
    if (!drop_note(records_.back())) break;
    records_.pop_back();
    dropped = true;
  }
  if (dropped) remember_newest();
}

// The note replaces the bytes in one step, so a crash leaves the one or the other.
void Quarantine::strip_to_note(Record& record) {
  auto temporary = layout_.new_temporary();
  auto made = [&]() -> Result<void> {
    TRY_ASSIGN(auto note, create_new(temporary));
    TRY(set_mtime(note.get(), record.time, temporary));
    return move_over(temporary, path_of(record));
  }();
  if (made)
    record.size = 0;
  else
    log::warning("cannot shrink the quarantine: {}", made.error().message);
}

bool Quarantine::drop_note(const Record& record) {
  std::error_code error;
  std::filesystem::remove_all(path_of(record), error);
  if (error) log::warning("cannot shrink the quarantine: {}", error.message());
  return !error;
}

void Quarantine::remember_newest() {
  std::lock_guard lock(mutex_);
  newest_.clear();
  for (auto& record : records_) newest_.try_emplace(record.digest, record.time);
}

}  // namespace weir::cas
