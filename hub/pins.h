// SPDX-License-Identifier: Apache-2.0
// Pins: repositories whose files stay in the store.  A pin is on a name: which blobs it keeps is looked up in the
// catalog when that is asked, so it covers files that come later.  Blocking; safe from any thread.
#pragma once

#include <compare>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "hub/catalog_database.h"

namespace weir::hub {

struct Pin {
  RepoType type = RepoType::model;
  std::string repo;
  std::string revision;  // "": all of them

  auto operator<=>(const Pin&) const = default;
  // "org/name" for a model, "datasets/org/name@main"
  std::string text() const;
};

// Errors: invalid, with what was expected.
Result<Pin> parse_pin(std::string_view text);

// The files that the catalog names for what a pin would be on, in no order.  A revision means its name in requests, the
// commit that it is, and the files of that commit.  Errors: io, invalid.
Result<std::vector<NamedFile>> files_of(const std::filesystem::path& catalog, const Pin& which);

// The file of the pins, in the folder that the catalog stands in.
std::filesystem::path pins_beside(const std::filesystem::path& catalog);

class Pins {
 public:
  // `file` is one pin a line; `catalog` is the catalog's file.  Neither needs to be there.
  Pins(std::filesystem::path file, std::filesystem::path catalog)
      : file_(std::move(file)), catalog_(std::move(catalog)) {}

  // Ordered.  Errors: io, invalid.
  Result<std::vector<Pin>> list() const;
  // Replace the file in one step.  Return whether that changed anything.  Errors: io, no_space, invalid.
  Result<bool> add(const Pin& pin);
  Result<bool> remove(const Pin& pin);

  // The blobs of all files that the catalog names for the pinned repositories.  Errors: io, invalid.
  Result<std::unordered_set<Sha256, DigestHash>> blobs() const;

 private:
  Result<void> write(const std::vector<Pin>& pins) const;

  const std::filesystem::path file_;
  const std::filesystem::path catalog_;
  std::mutex changing_;
};

}  // namespace weir::hub
