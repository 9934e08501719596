// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace weir::cas {

struct Options {
  // The store's folder.  It is made when it is not there.
  std::filesystem::path root;
};

}  // namespace weir::cas
