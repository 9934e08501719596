// SPDX-License-Identifier: Apache-2.0
// Browsers' stores of trusted certificates: the NSS databases of Chromium and its kin (one for a user) and of Firefox
// (one for a profile), by NSS's own certutil.  Databases are found, never made.  Blocking.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/trust_store.h"

namespace weir::cli {

// The folders of a user's NSS databases.
std::vector<std::filesystem::path> browser_databases(const std::filesystem::path& home);

class BrowserStore {
 public:
  explicit BrowserStore(std::filesystem::path database) : database_(std::move(database)) {}

  // Whether certutil can be found; without it both of these fail.
  static bool has_tool();

  Result<bool> has(const TrustedCertificate& certificate) const;
  // Trusts it for servers.  Errors: io, with certutil's own words; a database with a password is left as it was.
  Result<Change> add(const TrustedCertificate& certificate) const;
  Result<Change> remove(const TrustedCertificate& certificate) const;

 private:
  Result<void> certutil(std::vector<std::string> arguments) const;

  std::filesystem::path database_;
};

}  // namespace weir::cli
