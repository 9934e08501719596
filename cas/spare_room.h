// SPDX-License-Identifier: Apache-2.0
// A little room on the disk that the store keeps for its next start, by a file that holds nothing: databases that ended
// well are opened by making files beside them, which a full disk refuses.  Blocking; under the store's lock; from any
// thread.  Nothing here is an error: without room a start may fail, and that is told where it does.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>

namespace weir::cas {

class SpareRoom {
 public:
  static constexpr size_t kBytes = 512 << 10;

  // Gives up the room that was kept.
  explicit SpareRoom(std::filesystem::path path);
  // Keeps it again.
  ~SpareRoom() { keep(); }
  SpareRoom(const SpareRoom&) = delete;
  SpareRoom& operator=(const SpareRoom&) = delete;

  // Takes the room if the disk has it, unless it is kept already.
  void keep();

 private:
  const std::filesystem::path path_;
  std::atomic<bool> kept_ = false;
};

}  // namespace weir::cas
