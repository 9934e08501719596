// SPDX-License-Identifier: Apache-2.0
// What the hub module keeps on the disk, behind one face: numbered records that are written, and read again.
#pragma once

#include <filesystem>
#include <memory>
#include <set>

#include "base/result.h"

namespace weir::hub {

class KeptRecords {
 public:
  virtual ~KeptRecords() = default;

  // Closes the file where it is open, and opens it.  Before all else, and again after an error of its own.
  virtual Result<void> open() = 0;
  // Writes the record of that number, whether it is there or not.
  virtual Result<void> write(int number) = 0;
  // The numbers of those that the disk has.  A record that is not what was written is an error.
  virtual Result<std::set<int>> read() = 0;
};

std::unique_ptr<KeptRecords> kept_pins(const std::filesystem::path& folder);
std::unique_ptr<KeptRecords> kept_catalog(const std::filesystem::path& folder);
std::unique_ptr<KeptRecords> kept_metadata(const std::filesystem::path& folder);

}  // namespace weir::hub
