// SPDX-License-Identifier: Apache-2.0
#include "cas/new_blob.h"

#include "base/log.h"
#include "cas/disk.h"

namespace weir::cas {

Result<std::unique_ptr<NewBlob>> NewBlob::create(Shelf& shelf) {
  auto path = shelf.layout().new_temporary();
  TRY_ASSIGN(auto fd, create_new(path));
  return std::unique_ptr<NewBlob>(new NewBlob(shelf, std::move(path), std::move(fd)));
}

NewBlob::NewBlob(Shelf& shelf, std::filesystem::path path, UniqueFd fd)
    : shelf_(shelf), path_(std::move(path)), fd_(std::move(fd)), frontiers_(fd_.get(), 0) {}

NewBlob::~NewBlob() {
  // After a commit there is nothing under this name any more.
  if (auto removed = remove_name(path_); !removed) log::warning("{}", removed.error().message);
}

Result<void> NewBlob::append(std::string_view bytes) {
  if (!fd_) return fail(ErrorCode::invalid, "a new blob was committed already");
  return frontiers_.append(bytes);
}

Result<std::shared_ptr<const Blob>> NewBlob::commit() {
  if (!fd_) return fail(ErrorCode::invalid, "a new blob was committed already");
  TRY_ASSIGN(auto digest, frontiers_.finish());
  return shelf_.publish(std::make_shared<const BlobFile>(std::move(fd_), digest, frontiers_.held()), path_);
}

}  // namespace weir::cas
