// SPDX-License-Identifier: Apache-2.0
// A CA for people.  Pure.
#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "certs/certificate_authority.h"

namespace weir::cli {

// What stands in the certificate that clients trust, which is in `file`, what it signs for, and until when.
std::string ca_text(const certs::CertificateAuthority& authority, const std::filesystem::path& file, WallTime now);

// "AB:CD:..." as openssl shows fingerprints.
std::string fingerprint_text(const Sha256& fingerprint);

}  // namespace weir::cli
