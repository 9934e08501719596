// SPDX-License-Identifier: Apache-2.0
// A disk that fails when a test says so, and that can lose what was not synced.  It stands between the program and the
// C library: linking fault_disk.cpp into a test replaces open, write, fsync, rename and their like, for the program and
// for SQLite.  Faults come to the watched folder alone.  While there is such a disk fsync is believed and done nowhere.
// Safe from any thread; one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "tests/fakes/disk_journal.h"

namespace weir::fakes {

enum class Fault {
  no_space,       // ENOSPC, where something grows
  io_error,       // EIO, everywhere
  read_only,      // EROFS, where something changes
  no_descriptor,  // EMFILE, where something is opened
  short_count,    // half of the bytes, where they are read or written
  interrupted,    // EINTR, there too
};

enum class Lasting { once, from_then_on };

class FaultDisk {
 public:
  explicit FaultDisk(const std::filesystem::path& folder);
  ~FaultDisk();
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  // The n-th operation from now on (from 1) that can meet this fault does.
  void fail_at(uint64_t n, Fault fault, Lasting lasting);
  // The fault ends.  Returns whether it came.
  bool heal();
  // What the fault came to, for messages: "fsync partial/...".
  std::string struck() const;

  // Done once, when the next file has been synced and before the call returns: what comes meanwhile.
  void after_sync(std::function<void()> deed);

  // From the folder as it is now, which is empty.
  void record();
  const DiskJournal& journal() const;
  // DiskJournal::reproduce; the files show the stamps of those that they stand for, as long as nobody changes them.
  void reproduce(size_t operations, Loss loss, const std::filesystem::path& to);
};

}  // namespace weir::fakes
