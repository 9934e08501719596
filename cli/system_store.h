// SPDX-License-Identifier: Apache-2.0
// The system's store of trusted certificates: a folder for those that the administrator adds, and a program that makes
// the system's bundles anew.  Blocking.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/trust_store.h"

namespace weir::cli {

struct SystemStorePaths {
  std::filesystem::path anchors;  // the folder
  std::filesystem::path updater;  // the program
  std::filesystem::path links;    // where it makes links to them, which it does not take back; empty: nowhere
};

// Debian's and Ubuntu's, and the Red Hat family's.
const std::vector<SystemStorePaths>& known_system_stores();

class SystemStore {
 public:
  // The first whose folder and program are there.
  static std::optional<SystemStore> find(const std::vector<SystemStorePaths>& known = known_system_stores());

  explicit SystemStore(SystemStorePaths paths) : paths_(std::move(paths)) {}

  // Where the certificate is, or would be.
  std::filesystem::path file_of(const TrustedCertificate& certificate) const;
  Result<bool> has(const TrustedCertificate& certificate) const;
  // Both leave a certificate under the same name that is another one alone (an error), and do nothing (not_tried) when
  // this process may not write there.  Errors: io, with the program's own words when it fails.
  Result<Change> add(const TrustedCertificate& certificate) const;
  Result<Change> remove(const TrustedCertificate& certificate) const;

 private:
  bool writable() const;
  Result<void> remove_links(const TrustedCertificate& certificate) const;
  Result<void> update() const;

  SystemStorePaths paths_;
};

}  // namespace weir::cli
