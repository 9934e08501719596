// SPDX-License-Identifier: Apache-2.0
// Removes what is held of a repository: the names, what is remembered of them, and the blobs that no other name stands
// for.  Blocking; safe from any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cas/blob_store.h"
#include "hub/catalog.h"
#include "hub/hub_memory.h"
#include "hub/pins.h"

namespace weir::proxy {

// What holds something of a repository.
struct Holdings {
  cas::BlobStore& store;
  hub::Catalog& catalog;
  hub::HubMemory& memory;
  std::filesystem::path catalog_file;
  std::vector<std::string> hosts;  // of the hub
};

struct Removal {
  hub::Pin which;                  // a repository, or a revision of one
  std::vector<std::string> paths;  // empty: all of its files
};

// As JSON: "names" is how many went, "count" and "bytes" tell of blobs, "blobs" lists them, "kept" those that stay and
// a name that they stay for.  A blob that is open goes too, and who has it open reads on.  Errors: refused for a
// repository that is pinned; io.
Result<std::string> remove_files(const Holdings& holdings, const Removal& removal);

}  // namespace weir::proxy
