// SPDX-License-Identifier: Apache-2.0
// What was done to a folder, in order, and what of it a disk holds after a power failure at any moment.  A model of the
// folder: bytes, names and which of them were synced.  Not thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::fakes {

// What the crash costs.
enum class Loss {
  nothing,       // the process was killed
  all_unsynced,  // names that their folder's sync did not reach, bytes that their file's did not
  bytes_zeroed,  // bytes that were not synced are zeros; names and lengths are there
  bytes_cut,     // a file ends where its last sync left it; names are there
};

// What a file shows of itself beside its bytes.
struct DiskStamp {
  uint64_t inode = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
};

// A file that was made by DiskJournal::reproduce, and the stamp of the one that it stands for.
struct Reproduced {
  std::filesystem::path path;
  DiskStamp stamp;
};

// Paths are relative to the folder.
class DiskJournal {
 public:
  using FileId = size_t;

  // How many operations were recorded.
  size_t size() const { return operations_.size(); }
  std::optional<FileId> find(const std::string& path) const;

  void created(const std::string& path);
  void folder_made(const std::string& path);
  void renamed(const std::string& from, const std::string& to);
  void removed(const std::string& path);
  void folder_synced(const std::string& path);
  void written(FileId file, uint64_t offset, std::string bytes);
  void resized(FileId file, uint64_t length);
  void synced(FileId file);
  // Belongs to the operation before it.
  void stamped(FileId file, DiskStamp stamp, mode_t mode);

  // Makes in the empty folder `to` what the disk holds when the crash comes after so many operations.
  std::vector<Reproduced> reproduce(size_t operations, Loss loss, const std::filesystem::path& to) const;

 private:
  struct File {
    bool is_folder = false;
    std::string live;
    std::string on_disk;
    DiskStamp stamp;
    mode_t mode = 0600;
  };
  struct State {
    std::vector<File> files;
    std::map<std::string, FileId> names;
    std::map<std::string, FileId> names_on_disk;
  };
  using Change = std::function<void(State&)>;

  void record(Change change);
  static std::string bytes_left(const File& file, Loss loss);

  State now_;
  std::vector<std::vector<Change>> operations_;
};

}  // namespace weir::fakes
