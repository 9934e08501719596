// SPDX-License-Identifier: Apache-2.0
#include "cas/new_blob.h"

#include "base/log.h"
#include "cas/disk.h"

namespace weir::cas {

Result<std::unique_ptr<NewBlob>> NewBlob::create(Shelf& shelf, LooseFiles& loose_files, Space& space,
                                                 uint64_t expected_size) {
  TRY_ASSIGN(auto reservation, space.reserve(expected_size));
  auto path = shelf.layout().new_temporary();
  TRY_ASSIGN(auto fd, create_new(path));
  return std::unique_ptr<NewBlob>(
      new NewBlob(shelf, space, std::move(reservation), loose_files.begin(), std::move(path), std::move(fd)));
}

NewBlob::NewBlob(Shelf& shelf, Space& space, Reservation reservation, Loose loose, std::filesystem::path path,
                 UniqueFd fd)
    : shelf_(shelf),
      space_(space),
      reservation_(std::move(reservation)),
      loose_(std::move(loose)),
      path_(std::move(path)),
      fd_(std::move(fd)),
      frontiers_(fd_.get(), 0) {}

NewBlob::~NewBlob() {
  // After a commit there is nothing under this name any more.
  if (auto removed = remove_name(path_); !removed) log::warning("{}", removed.error().message);
}

Result<void> NewBlob::append(std::string_view bytes) {
  if (!fd_) return fail(ErrorCode::invalid, "a new blob was committed already");
  if (reservation_.bytes() < bytes.size()) {
    TRY_ASSIGN(auto more, space_.reserve(bytes.size() - reservation_.bytes()));
    reservation_.join(std::move(more));
  }
  TRY(frontiers_.append(bytes));
  loose_.add(bytes.size());
  reservation_.give_back(bytes.size());
  return {};
}

Result<bool> NewBlob::share(int source, uint64_t size) {
  if (!fd_ || frontiers_.held() > 0) return fail(ErrorCode::invalid, "a new blob shares bytes from its start or never");
  if (!share_bytes(source, fd_.get())) return false;
  TRY_ASSIGN(auto stamp, stamp_of(fd_.get(), path_));
  if (stamp.size != size) return fail(ErrorCode::io, "the file changes while it is read");
  frontiers_.extend(size);
  loose_.add(size);
  reservation_.give_back(size);
  return true;
}

Result<std::shared_ptr<const Blob>> NewBlob::commit(const std::optional<Sha256>& expected) {
  if (!fd_) return fail(ErrorCode::invalid, "a new blob was committed already");
  TRY_ASSIGN(auto digest, frontiers_.finish());
  if (expected && digest != *expected)
    return fail(ErrorCode::digest_mismatch, "its sha256 is " + digest.hex() + ", not " + expected->hex());
  auto hold = shelf_.open_files().hold(digest);
  auto file = std::make_shared<const BlobFile>(std::move(fd_), digest, frontiers_.held(), std::move(hold));
  return shelf_.publish(std::move(file), path_, frontiers_.stamp(), loose_);
}

}  // namespace weir::cas
