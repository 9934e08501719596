// SPDX-License-Identifier: Apache-2.0
// A folder of its own for each test, removed afterwards, and small helpers to make and look at files in it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/files.h"
#include "cas/blob.h"
#include "cas/blob_store.h"

namespace weir::cas {

class TestFolder {
 public:
  explicit TestFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "weir-cas-XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    path_ = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  auto written = write_file_atomically(path, text, 0600);
  ASSERT_TRUE(written) << written.error().message;
}

inline std::string text_of(const std::filesystem::path& path) {
  auto text = read_file(path);
  return text && *text ? **text : "(no such file)";
}

// What a reader of an open blob gets.
template <typename File>
std::string text_of_blob(const File& file, uint64_t length) {
  std::string text(length, '\0');
  ssize_t got = ::pread(file.fd(), text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return text;
}

inline mode_t mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

inline bool is_there(const std::filesystem::path& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0;
}

inline size_t files_in(const std::filesystem::path& folder) {
  size_t count = 0;
  for ([[maybe_unused]] auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

// Changes bytes in place, as a failing disk or a stray hand would, and gives the file its size and mtime back.
inline void damage_keeping_size_and_mtime(const std::filesystem::path& path) {
  struct stat before = {};
  ASSERT_EQ(::lstat(path.c_str(), &before), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(::pwrite(fd.get(), "#", 1, 0), 1);
  }
  timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

// A store in a folder of its own.
class StoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }

  void reopen() {
    store.reset();
    auto opened = BlobStore::open(Options{root});
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }

  // Ends the store as a kill would: objects and index stay, the mark that it was closed well does not.
  void reopen_after_kill() {
    store.reset();
    auto index = Database::open(root / "index.db");
    ASSERT_TRUE(index && index->execute("UPDATE state SET closed = 0"));
    index = fail(ErrorCode::cancelled, "closed");
    reopen();
  }

  Sha256 put(std::string_view text) {
    auto blob = store->create_unnamed();
    EXPECT_TRUE(blob && (*blob)->append(text) && (*blob)->commit());
    return sha256(text);
  }

  // The blob's text, or "(absent)".
  std::string get(const Sha256& digest) {
    auto blob = store->open_blob(digest);
    EXPECT_TRUE(blob) << blob.error().message;
    return blob && *blob ? text_of_blob(***blob, (**blob)->size()) : "(absent)";
  }

  std::filesystem::path object(const Sha256& digest) const { return Layout(root).object(digest); }
  std::filesystem::path partial(const Sha256& digest) const { return Layout(root).partial(digest); }

  TestFolder folder;
  std::filesystem::path root = folder.path() / "store";
  std::unique_ptr<BlobStore> store;
};

}  // namespace weir::cas
