// SPDX-License-Identifier: Apache-2.0
// Files of trusted certificates.  Clients get the roots that they had and Weir's CA, for the variables that name such a
// file replace the system's roots; towards the origin the same roots are trusted without Weir's CA.  Blocking.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::certs {

// Where systems keep their roots in one file, the likeliest first.
const std::vector<std::filesystem::path>& system_bundles();

// The text of the first of these files that is there.  Errors: io; invalid when none is, with what to install.
Result<std::string> system_roots(const std::vector<std::filesystem::path>& candidates = system_bundles());

// The certificates of all `base` files (a company's bundle, say) as PEM, each once, without those of `own_pem` (Weir's
// CAs; may be empty).  The system's roots when `base` is empty or holds nothing but those.  Errors: io; invalid for a
// file that is missing, damaged or without a certificate.
Result<std::string> trusted_roots(const std::vector<std::filesystem::path>& base, std::string_view own_pem,
                                  const std::vector<std::filesystem::path>& system = system_bundles());

// Writes the certificates of the base texts, each once, and the CA that clients are to trust behind them to `target`
// (0644), atomically; leaves a file alone that says so already.  A base that holds that CA, as the bundle itself does,
// changes nothing.  Errors: io; invalid for damaged PEM and where there is no base, as no client could reach a
// tunnelled host with that.
Result<void> write_bundle(const std::filesystem::path& target, const std::vector<std::string>& base_pem_texts,
                          std::string_view ca_pem);

}  // namespace weir::certs
