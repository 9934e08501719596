// SPDX-License-Identifier: Apache-2.0
// The files of trusted certificates on both sides of Weir: what clients are given, and what Weir trusts towards the
// origin. Blocking.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "certs/certificate_authority.h"
#include "cli/environment.h"
#include "config/config.h"

namespace weir::cli {

struct TrustFiles {
  std::filesystem::path ca;      // what clients are to trust for Weir alone: its CA, or the company's topmost one
  std::filesystem::path bundle;  // the user's roots, or else the system's, and that
};

// The file that holds what clients are to trust, in the CA's folder; written when a company's CA signs.  Errors: io.
Result<std::filesystem::path> ca_file(const certs::Options& options, const certs::CertificateAuthority& authority);

// Makes what is missing.  Each set of the user's own files has a bundle of its own, so two shells with different ones
// do not take each other's.  Errors: those of certs::CertificateAuthority::open_or_create and certs::write_bundle.
Result<TrustFiles> make_trust_files(const config::Config& config, const Environment& found);

struct OriginRoots {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> warnings;  // a sentence for each variable whose file cannot be used

  bool operator==(const OriginRoots&) const = default;
};

// The files in the user's own SSL_CERT_FILE and REQUESTS_CA_BUNDLE, whether or not the environment is Weir's already:
// what is trusted towards the origin (certs::trusted_roots takes Weir's CA out, should one hold it).
OriginRoots origin_roots(const Environment& found, const std::filesystem::path& ca_folder);

}  // namespace weir::cli
