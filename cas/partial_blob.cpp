// SPDX-License-Identifier: Apache-2.0
#include "cas/partial_blob.h"

#include "base/files.h"
#include "base/log.h"
#include "cas/disk.h"

namespace weir::cas {
namespace {

constexpr mode_t kPartialMode = 0600;

// A crash in commit() may have left it read-only.
Result<OpenedFile> open_writable(const std::filesystem::path& path) {
  {
    TRY_ASSIGN(auto there, open_existing(path, Access::read));
    if (there.found != Found::plain) return there;
    TRY(set_mode(there.fd.get(), kPartialMode, path));
  }
  return open_existing(path, Access::read_write);
}

}  // namespace

Result<std::shared_ptr<PartialBlob>> PartialBlob::open(Shelf& shelf, std::unique_ptr<Claims::Claim> claim,
                                                       uint64_t size) {
  auto digest = claim->digest();
  TRY(shelf.take_down_unverified(digest, size));
  auto path = shelf.layout().partial(digest);
  TRY_ASSIGN(auto there, open_writable(path));
  bool unfit = there.found == Found::foreign || (there.found == Found::plain && there.stamp.size > size);
  if (unfit) {
    log::warning("the partial blob {} does not fit; it starts over", digest.hex());
    TRY(shelf.quarantine(path, digest));
  }
  if (unfit || there.found == Found::absent) {
    TRY_ASSIGN(there.fd, create_new(path));
    there.stamp = {};
  }
  auto file = std::make_shared<const BlobFile>(std::move(there.fd), digest, size);
  return std::shared_ptr<PartialBlob>(new PartialBlob(shelf, std::move(claim), std::move(file), there.stamp.size));
}

PartialBlob::PartialBlob(Shelf& shelf, std::unique_ptr<Claims::Claim> claim, std::shared_ptr<const BlobFile> file,
                         uint64_t held)
    : shelf_(shelf),
      claim_(std::move(claim)),
      file_(std::move(file)),
      path_(shelf.layout().partial(file_->digest())),
      frontiers_(file_->fd(), held) {}

Result<uint64_t> PartialBlob::rehash(uint64_t bytes_at_most) {
  TRY(check_usable());
  return frontiers_.catch_up(bytes_at_most);
}

Result<void> PartialBlob::append(std::string_view bytes) {
  TRY(check_usable());
  if (bytes.size() > size() - held())
    return fail(ErrorCode::digest_mismatch,
                digest().hex() + " has more bytes than the " + std::to_string(size()) + " that were promised");
  return frontiers_.append(bytes);
}

Result<std::shared_ptr<const Blob>> PartialBlob::commit() {
  TRY(check_usable());
  auto verified = verify();
  if (!verified) {
    if (verified.error().code != ErrorCode::digest_mismatch) return fail(verified.error());
    state_ = State::ended;
    TRY(shelf_.quarantine(path_, digest()));
    return fail(verified.error());
  }
  TRY_ASSIGN(auto blob, shelf_.publish(file_, path_));
  state_ = State::ended;
  return blob;
}

Result<void> PartialBlob::discard() {
  TRY(check_usable());
  state_ = State::ended;
  TRY(remove_name(path_));
  return sync_folder(path_.parent_path());
}

Result<void> PartialBlob::check_usable() const {
  if (state_ == State::filling) return {};
  return fail(ErrorCode::invalid, "the partial blob " + digest().hex() + " has ended already");
}

Result<void> PartialBlob::verify() {
  TRY_ASSIGN(auto stamp, stamp_of(fd(), path_));
  if (held() != size() || stamp.size != size())
    return fail(ErrorCode::digest_mismatch, digest().hex() + " has " + std::to_string(stamp.size) + " bytes, not the " +
                                                std::to_string(size()) + " that were promised");
  if (!actual_) {
    TRY_ASSIGN(actual_, frontiers_.finish());
  }
  if (*actual_ == digest()) return {};
  return fail(ErrorCode::digest_mismatch, "the bytes promised to be " + digest().hex() + " are " + actual_->hex());
}

}  // namespace weir::cas
