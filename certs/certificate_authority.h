// SPDX-License-Identifier: Apache-2.0
// The local CA: one for each installation, made on first use, and bound by its name constraints to the hosts that Weir
// intercepts, so that its key is worth nothing elsewhere.  Never changes once opened; all of it may be called from any
// thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "certs/authority_files.h"
#include "certs/leaf_certificate.h"
#include "certs/options.h"

namespace weir::certs {

inline constexpr std::chrono::hours kCaLifetime{10 * 365 * 24};
inline constexpr std::chrono::hours kCaBackdate{72};
// From notBefore to notAfter.
inline constexpr std::chrono::hours kLeafLifetime{60 * 24};
// Clients whose clocks are behind take a fresh leaf; less than the CA's, so no leaf is older than its CA.
inline constexpr std::chrono::hours kLeafBackdate{36};

class CertificateAuthority {
 public:
  // Opens the CA in the folder, or makes it there.  Of several makers at once, in any processes, one wins and all get
  // its CA. Errors: io; invalid for a host that is no DNS name, and for a CA that is damaged, not valid now, without
  // the constraints, or does not cover the hosts; refused when others may read the key.  Where a new CA is the way out,
  // the message says how.
  static Result<std::unique_ptr<CertificateAuthority>> open_or_create(const Options& options,
                                                                      WallTime now = wall_now());

  // The CA in the folder, whatever hosts it covers; nothing when there is none.  Writes nothing.  Errors: as above.
  static Result<std::optional<CertificateAuthority>> load(const std::filesystem::path& folder,
                                                          WallTime now = wall_now());

  // Where the certificate of a CA in this folder is.
  static std::filesystem::path certificate_path(const std::filesystem::path& folder);

  // A new leaf for the host (case and one trailing dot do not matter), valid from kLeafBackdate ago and never longer
  // than the CA. Errors: invalid for what is no DNS name, refused for a name outside the CA's constraints or a time
  // outside its validity.
  Result<LeafCertificate> mint(std::string_view host, WallTime now) const;

  // The certificate alone, without its key: what clients are given.
  const std::string& ca_pem() const { return pem_; }
  // SHA-256 of its DER form, as openssl x509 -fingerprint -sha256 shows it.
  const Sha256& fingerprint() const { return fingerprint_; }
  const Certificate& certificate() const { return pair_.certificate; }
  // The DNS subtrees that it may sign for.
  const std::vector<std::string>& permitted() const { return permitted_; }
  WallTime not_before() const { return not_before_; }
  WallTime not_after() const { return not_after_; }

 private:
  CertificateAuthority() = default;
  static Result<CertificateAuthority> judge(KeyPair pair, const AuthorityFiles& files, WallTime now);
  bool permits(std::string_view name) const;
  Result<void> check_covers(const std::vector<std::string>& hosts, const AuthorityFiles& files) const;

  KeyPair pair_;
  std::string pem_;
  Sha256 fingerprint_;
  std::vector<std::string> permitted_;
  WallTime not_before_;
  WallTime not_after_;
};

}  // namespace weir::certs
