// SPDX-License-Identifier: Apache-2.0
#include "cas/partial_blob.h"

#include <algorithm>

#include "base/log.h"
#include "cas/disk.h"

namespace weir::cas {
namespace {

constexpr mode_t kPartialMode = 0600;
constexpr const char* kVersion = "version";

// A crash in commit() may have left it read-only.
Result<OpenedFile> open_writable(const std::filesystem::path& path) {
  {
    TRY_ASSIGN(auto there, open_existing(path, Access::read));
    if (there.found != Found::plain) return there;
    TRY(set_mode(there.fd.get(), kPartialMode, path));
  }
  return open_existing(path, Access::read_write);
}

// Makes room for a new file: moves what does not fit aside, the file before its map.
Result<void> make_room(Shelf& shelf, const Sha256& digest, Found file, MapFile& map_file, Found map) {
  if (file != Found::absent) {
    log::warning("the partial blob {} does not fit; it starts over", digest.hex());
    TRY(shelf.quarantine(shelf.layout().partial(digest), digest));
  }
  if (map == Found::foreign) return shelf.quarantine(shelf.layout().partial_map(digest), digest);
  return map_file.remove();
}

// What the file holds: what its map claims, and without a map all of it, trusted.  No claim goes beyond the file's end.
TrustMap read_map(const MapFile::Opened& map, uint64_t file_size, uint64_t size) {
  TrustMap held(size);
  if (map.found == Found::absent) held.add({0, file_size}, Trust::trusted);
  if (map.runs) {
    for (const auto& run : *map.runs)
      if (run.begin < file_size) held.add({run.begin, std::min(run.end, file_size)}, run.trust);
  }
  return held;
}

// The map that a file is resumed by must say neither more nor less than what is believed: what it says beyond the
// file's end would come true as soon as the file grows.
Result<void> settle_map(MapFile& file, const MapFile::Opened& opened, const TrustMap& believed) {
  if (opened.found == Found::absent || opened.runs == believed.runs()) return {};
  log::warning("the map of a partial blob does not fit its file; parts of it are fetched again");
  return file.establish(believed.runs());
}

}  // namespace

Result<std::shared_ptr<PartialBlob>> PartialBlob::open(Shelf& shelf, LooseFiles& loose_files, Space& space,
                                                       std::unique_ptr<Claims::Claim> claim, uint64_t size) {
  auto digest = claim->digest();
  auto hold = shelf.open_files().hold(digest);
  TRY(shelf.take_down_unverified(digest, size));
  auto path = shelf.layout().partial(digest);
  MapFile map_file(shelf.layout(), digest);
  TRY_ASSIGN(auto there, open_writable(path));
  TRY_ASSIGN(auto map, map_file.open());
  // One of the two sizes is a lie; the digest of the whole would tell which, and so the bytes stay.
  if (there.found == Found::plain && there.stamp.size > size)
    return fail(ErrorCode::invalid, digest.hex() + " is to have " + std::to_string(size) + " bytes, but " +
                                        std::to_string(there.stamp.size) + " have come already");
  bool fits = there.found == Found::plain && map.found != Found::foreign;
  if (!fits) {
    TRY(make_room(shelf, digest, there.found, map_file, map.found));
    map = {};
    TRY_ASSIGN(there.fd, create_new(path));
    there.stamp = {};
  }
  auto held = read_map(map, there.stamp.size, size);
  TRY(settle_map(map_file, map, held));
  auto file = std::make_shared<const BlobFile>(std::move(there.fd), digest, size, std::move(hold));
  return std::shared_ptr<PartialBlob>(new PartialBlob(shelf, loose_files, space, std::move(claim), std::move(file),
                                                      std::move(held), std::move(map_file)));
}

PartialBlob::PartialBlob(Shelf& shelf, LooseFiles& loose_files, Space& space, std::unique_ptr<Claims::Claim> claim,
                         std::shared_ptr<const BlobFile> file, TrustMap map, MapFile map_file)
    : shelf_(shelf),
      loose_files_(loose_files),
      space_(space),
      claim_(std::move(claim)),
      file_(std::move(file)),
      path_(shelf.layout().partial(file_->digest())),
      former_version_(attribute_of(file_->fd(), kVersion)),
      map_(std::move(map)),
      promised_(map_.size()),
      loose_(loose_files.take(file_->digest())),
      map_file_(std::move(map_file)),
      frontiers_(file_->fd(), map_.present()) {
  recount();
}

PartialBlob::~PartialBlob() {
  if (state_ == State::ended) return;
  if (auto saved = save_map(); !saved) log::warning("the last parts will be fetched again: {}", saved.error().message);
  // A commit may have got as far as giving it another name.
  if (!is_plain_file(path_)) return;
  recount();
  loose_files_.leave(digest(), std::move(loose_));
}

// Counts what the file takes by now.
void PartialBlob::recount() {
  loose_.clear();
  loose_.add(allocated_bytes(fd()));
}

uint64_t PartialBlob::readable_from(uint64_t offset) const {
  std::lock_guard lock(map_mutex_);
  return map_.readable_from(offset);
}

std::vector<ByteRange> PartialBlob::readable_ranges() const {
  std::lock_guard lock(map_mutex_);
  return map_.readable_ranges();
}

std::vector<ByteRange> PartialBlob::present_ranges() const {
  std::lock_guard lock(map_mutex_);
  return map_.present_ranges();
}

std::vector<ByteRange> PartialBlob::missing(ByteRange within) const {
  std::lock_guard lock(map_mutex_);
  return map_.missing(within);
}

std::vector<ByteRange> PartialBlob::untrusted(ByteRange within) const {
  std::lock_guard lock(map_mutex_);
  return map_.untrusted(within);
}

bool PartialBlob::has_untrusted() const {
  std::lock_guard lock(map_mutex_);
  return map_.has_untrusted();
}

Runs PartialBlob::runs() const {
  std::lock_guard lock(map_mutex_);
  return map_.runs();
}

// The parts that are neither present nor promised.  With map_mutex_ held.
std::vector<ByteRange> PartialBlob::not_reserved(ByteRange range) const {
  std::vector<ByteRange> parts;
  for (auto gap : map_.missing(range))
    for (auto part : promised_.missing(gap)) parts.push_back(part);
  return parts;
}

bool PartialBlob::is_reserved(ByteRange range) const {
  std::lock_guard lock(map_mutex_);
  return not_reserved(range).empty();
}

Result<void> PartialBlob::reserve(ByteRange range) {
  uint64_t bytes = 0;
  {
    std::lock_guard lock(map_mutex_);
    for (auto part : not_reserved(range)) bytes += part.size();
  }
  TRY_ASSIGN(auto reservation, space_.reserve(bytes));
  std::lock_guard lock(map_mutex_);
  // Some of it may have been written meanwhile.
  uint64_t promised = 0;
  for (auto part : not_reserved(range)) {
    promised_.add(part);
    promised += part.size();
  }
  reservation.give_back(bytes - std::min(bytes, promised));
  reservation_.join(std::move(reservation));
  return {};
}

void PartialBlob::release(ByteRange range) {
  std::lock_guard lock(map_mutex_);
  reservation_.give_back(promised_.remove(range));
}

void PartialBlob::set_version(std::string_view version) {
  // None is better than that of other bytes.
  if (!set_attribute(fd(), kVersion, version)) set_attribute(fd(), kVersion, "");
}

Result<WriteOutcome> PartialBlob::write(uint64_t offset, std::string_view bytes, Trust trust) {
  TRY(check_usable());
  if (offset > size() || bytes.size() > size() - offset)
    return fail(ErrorCode::digest_mismatch,
                digest().hex() + " has more bytes than the " + std::to_string(size()) + " that were promised");
  ByteRange range{offset, offset + bytes.size()};
  auto part_of = [&](ByteRange part) {
    return bytes.substr(static_cast<size_t>(part.begin - offset), static_cast<size_t>(part.size()));
  };
  for (auto gap : missing(range)) TRY(write_gap(gap.begin, part_of(gap), trust));
  WriteOutcome outcome;
  if (trust == Trust::untrusted) return outcome;
  for (auto part : untrusted(range)) {
    TRY_ASSIGN(auto contradicted, settle(part.begin, part_of(part)));
    outcome.contradicted.insert(outcome.contradicted.end(), contradicted.begin(), contradicted.end());
  }
  return outcome;
}

Result<void> PartialBlob::write_gap(uint64_t offset, std::string_view bytes, Trust trust) {
  bool says_itself = offset == present() && trust == Trust::trusted;
  if (!says_itself && !map_file_.exists()) TRY(map_file_.establish(runs()));
  if (offset == present()) {
    TRY(frontiers_.append(bytes));
  } else {
    TRY(frontiers_.write_ahead(offset, bytes));
  }
  loose_.add(bytes.size());
  {
    std::lock_guard lock(map_mutex_);
    ByteRange range{offset, offset + bytes.size()};
    map_.add(range, trust);
    reservation_.give_back(promised_.remove(range));
    frontiers_.extend(map_.present());
  }
  return keep(bytes.size());
}

// Trusted bytes come where untrusted ones are.  Returns where these were others.
Result<std::vector<ByteRange>> PartialBlob::settle(uint64_t offset, std::string_view bytes) {
  TRY_ASSIGN(auto contradicted, differences(fd(), offset, bytes));
  if (!contradicted.empty()) {
    auto begin = contradicted.front().begin;
    auto length = contradicted.back().end - begin;
    TRY(frontiers_.overwrite(begin, bytes.substr(static_cast<size_t>(begin - offset), static_cast<size_t>(length))));
  }
  {
    std::lock_guard lock(map_mutex_);
    map_.add({offset, offset + bytes.size()}, Trust::trusted);
  }
  TRY(keep(bytes.size()));
  return contradicted;
}

// So much is present or trusted since.
Result<void> PartialBlob::keep(uint64_t bytes) {
  unsynced_ += bytes;
  return map_file_.is_due(bytes) ? save_map() : Result<void>();
}

// First no map claims them any more, whatever comes in their place.
Result<void> PartialBlob::forget(ByteRange range) {
  TRY(check_usable());
  auto left = map_;
  auto bytes = left.forget(range);
  if (bytes == 0) return {};
  TRY(map_file_.establish(left.runs()));
  {
    std::lock_guard lock(map_mutex_);
    map_ = std::move(left);
    frontiers_.cut(map_.present());
  }
  // Their blocks on the disk are used again.
  loose_.subtract(bytes);
  return has_checkpoint(shelf_.layout(), digest()) ? checkpoint() : Result<void>();
}

Result<void> PartialBlob::save_map() {
  TRY(check_usable());
  if (!map_file_.is_behind()) return {};
  return map_file_.save(runs());
}

Result<void> PartialBlob::checkpoint() {
  TRY(check_usable());
  // In this order: a byte that comes meanwhile is counted again rather than not at all, and claimed by a later one.
  auto bytes = unsynced_.load();
  auto there = runs();
  auto synced = sync_file(fd(), path_);
  if (!synced) {
    // The kernel may have dropped any of them, and would not say so again.
    state_ = State::ended;
    if (auto removed = remove_partial(shelf_.layout(), digest()); !removed) log::warning("{}", removed.error().message);
    return synced;
  }
  TRY(write_checkpoint(shelf_.layout(), digest(), there));
  unsynced_ -= bytes;
  return {};
}

Result<uint64_t> PartialBlob::rehash(uint64_t bytes_at_most) {
  TRY(check_usable());
  return frontiers_.catch_up(bytes_at_most);
}

Result<std::shared_ptr<const Blob>> PartialBlob::commit() {
  TRY(check_usable());
  auto verified = verify();
  if (!verified) {
    if (verified.error().code == ErrorCode::digest_mismatch && !has_untrusted()) TRY(reject());
    return fail(verified.error());
  }
  set_version("");
  auto blob = shelf_.publish(file_, path_, frontiers_.stamp(), loose_);
  auto named = has_name(fd(), path_);
  if (!blob && named && *named) return blob;
  state_ = State::ended;
  drop_map();
  return blob;
}

Result<void> PartialBlob::reject() {
  TRY(check_usable());
  state_ = State::ended;
  if (auto kept = shelf_.quarantine(path_, digest()); !kept) {
    log::error("wrong bytes cannot be put into quarantine, and are removed: {}", kept.error().message);
    TRY(cut_file(fd(), 0, path_));
    if (auto removed = remove_name(path_); !removed) log::warning("{}", removed.error().message);
  }
  loose_.clear();
  drop_map();
  return {};
}

Result<void> PartialBlob::discard() {
  TRY(check_usable());
  state_ = State::ended;
  return remove_partial(shelf_.layout(), digest());
}

// A map that stays without its file harms nothing: whoever makes a new file removes it first.
void PartialBlob::drop_map() {
  if (auto removed = map_file_.remove(); !removed) log::warning("{}", removed.error().message);
}

Result<void> PartialBlob::check_usable() const {
  if (state_ == State::filling) return {};
  return fail(ErrorCode::invalid, "the partial blob " + digest().hex() + " has ended already");
}

Result<void> PartialBlob::verify() {
  TRY_ASSIGN(auto stamp, stamp_of(fd(), path_));
  if (!complete() || stamp.size != size())
    return fail(ErrorCode::digest_mismatch, digest().hex() + " has " + std::to_string(stamp.size) + " bytes, not the " +
                                                std::to_string(size()) + " that were promised");
  if (verified_) return {};
  TRY_ASSIGN(auto actual, frontiers_.finish());
  if (actual != digest()) {
    frontiers_.hash_anew();
    return fail(ErrorCode::digest_mismatch, "the bytes promised to be " + digest().hex() + " are " + actual.hex());
  }
  verified_ = true;
  std::lock_guard lock(map_mutex_);
  map_.trust_all();
  return {};
}

}  // namespace weir::cas
