// SPDX-License-Identifier: Apache-2.0
// The folder that weir pull --to writes files to.  A file appears there whole and right, or not at all.  Blocking; safe
// from several threads for different files.
#pragma once

#include <filesystem>
#include <string_view>
#include <variant>

#include "base/digest.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "cli/hub_tree.h"
#include "cli/stop_switch.h"

namespace weir::cli {

// Digests the bytes of one listed file.
class FileCheck {
 public:
  explicit FileCheck(const TreeFile& file);
  void update(std::string_view bytes);
  // Whether these were the file's bytes.  At the end.
  bool is_right();

 private:
  const TreeFile& file_;
  uint64_t size_ = 0;
  std::variant<Sha256Hasher, Sha1Hasher> hasher_;
};

// A file on its way into the folder, under a temporary name that goes with this object.
class NewFile {
 public:
  // Errors: io, no_space.
  static Result<NewFile> begin(const std::filesystem::path& target, const TreeFile& file);
  ~NewFile();
  NewFile(NewFile&&) = default;
  NewFile& operator=(NewFile&&) = delete;

  Result<void> write(std::string_view bytes);
  // Gives it the blocks of `source`, all of them; false where the file system cannot.
  bool reflink(int source);
  // Renames it.  Errors: digest_mismatch for bytes that are not the file's; io.
  Result<void> commit();

 private:
  NewFile(UniqueFd fd, std::filesystem::path temporary, std::filesystem::path target, const TreeFile& file);

  UniqueFd fd_;
  std::filesystem::path temporary_;
  std::filesystem::path target_;
  FileCheck check_;
  bool reflinked_ = false;
};

class OutputFolder {
 public:
  // `stop` must outlive it.
  OutputFolder(std::filesystem::path root, const StopSwitch& stop) : root_(std::move(root)), stop_(stop) {}

  // Whether the right file is there already.
  Result<bool> holds(const TreeFile& file) const;
  // `file`'s path is safe (is_safe_path).  It must outlive the result.
  Result<NewFile> begin(const TreeFile& file) const;
  // Shares the blocks of `source`, which holds the file, or copies them.
  Result<void> copy(const TreeFile& file, int source) const;

 private:
  // Calls back with all bytes of an open file.  Errors: io, cancelled, and those of the callback.
  template <typename Callback>
  Result<void> read_all(int fd, Callback take) const;

  const std::filesystem::path root_;
  const StopSwitch& stop_;
};

}  // namespace weir::cli
