// SPDX-License-Identifier: Apache-2.0
// Puts certificates into the machine's stores of trust and takes them out again, and says line by line what it did.
// Blocking.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/browser_store.h"
#include "cli/system_store.h"
#include "cli/trust_store.h"

namespace weir::cli {

struct TrustStores {
  std::optional<SystemStore> system;
  std::vector<std::filesystem::path> browser_databases;
};

struct InstallReport {
  std::vector<std::string> done;      // a sentence for each store
  std::vector<std::string> problems;  // what was not done, and what to do

  bool operator==(const InstallReport&) const = default;
};

// `as_root`: what to type for the system's store without the rights for it.
InstallReport install(const TrustStores& stores, const TrustedCertificate& certificate, const std::string& as_root);
// Every certificate that is found there.
InstallReport uninstall(const TrustStores& stores, const std::vector<TrustedCertificate>& certificates,
                        const std::string& as_root);

}  // namespace weir::cli
