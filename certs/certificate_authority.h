// SPDX-License-Identifier: Apache-2.0
// Who signs the leaves.  Weir's own CA: one for each installation, made on first use, and bound by its name constraints
// to the hosts that Weir intercepts, so that its key is worth nothing elsewhere.  Or a company's CA, which signs for
// the same hosts only.  Never changes once opened; all of it may be called from any thread.
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
#include "certs/signing_chain.h"

namespace weir::certs {

inline constexpr std::chrono::hours kCaLifetime{10 * 365 * 24};
inline constexpr std::chrono::hours kCaBackdate{72};
// From notBefore to notAfter.
inline constexpr std::chrono::hours kLeafLifetime{60 * 24};
// Clients whose clocks are behind take a fresh leaf; less than the CA's, so no leaf is older than its CA.
inline constexpr std::chrono::hours kLeafBackdate{36};
// How long before the CA's end a warning begins.
inline constexpr std::chrono::hours kWarnOfCaEnd{30 * 24};

class CertificateAuthority {
 public:
  // Opens the CA in the folder, or makes it there; or opens the company's CA, when the options name one.  Of several
  // makers at once, in any processes, one wins and all get its CA.  Errors: io; invalid for a host that is no DNS name,
  // and for a CA that is damaged, not valid now, without the constraints (Weir's own), or does not cover the hosts;
  // refused when others may read the key.  The message says what to do.
  static Result<std::unique_ptr<CertificateAuthority>> open_or_create(const Options& options,
                                                                      WallTime now = wall_now());

  // Makes a new CA for the options' hosts in the folder, and moves the one that was there to old/, also one that cannot
  // be used.  Errors: io; invalid for hosts as above, and where a company's CA is in use.
  static Result<std::unique_ptr<CertificateAuthority>> renew(const Options& options, WallTime now = wall_now());

  // The CA in the folder, whatever hosts it covers; nothing when there is none.  Writes nothing.  Errors: as above.
  static Result<std::optional<CertificateAuthority>> load(const std::filesystem::path& folder,
                                                          WallTime now = wall_now());

  // Where the certificate of a CA in this folder is.
  static std::filesystem::path certificate_path(const std::filesystem::path& folder);

  // A new leaf for the host (case and one trailing dot do not matter), valid from kLeafBackdate ago and never longer
  // than the CA. Errors: invalid for what is no DNS name, refused for a name outside permitted() or a time outside the
  // CA's validity.
  Result<LeafCertificate> mint(std::string_view host, WallTime now) const;

  bool is_companys() const { return companys_; }
  // What clients are to trust, without any key: Weir's CA, or the topmost certificate of the company's file.
  const std::string& ca_pem() const { return pem_; }
  // Of that certificate: SHA-256 of its DER form, as openssl x509 -fingerprint -sha256 shows it.
  const Sha256& fingerprint() const { return fingerprint_; }
  const Certificate& certificate() const { return chain_.anchor; }
  // What nobody is to be trusted for towards the origin (PEM): the CA that signs, and those that Weir made before it. A
  // company's root is none of them: the company may also stand between Weir and the origin.
  const std::string& own_pem() const { return own_pem_; }
  // The DNS subtrees that it signs for.
  const std::vector<std::string>& permitted() const { return permitted_; }
  // When all certificates from the one that signs upwards are valid.
  WallTime not_before() const { return not_before_; }
  WallTime not_after() const { return not_after_; }

  // Sentences about what works now, but not everywhere or not for long.
  std::vector<std::string> warnings(WallTime now) const;

 private:
  CertificateAuthority() = default;
  static Result<CertificateAuthority> judge(KeyPair pair, const AuthorityFiles& files, WallTime now);
  static Result<std::unique_ptr<CertificateAuthority>> open_company(const Options& options,
                                                                    const std::vector<std::string>& hosts,
                                                                    WallTime now);
  static Result<CertificateAuthority> describe(SigningChain chain, const AuthorityFiles& files);
  bool permits(std::string_view name) const;
  Result<void> check_covers(const std::vector<std::string>& hosts, const AuthorityFiles& files) const;
  Result<void> try_on(const std::vector<std::string>& hosts, const Options& options, WallTime now);

  SigningChain chain_;
  bool companys_ = false;
  std::string pem_;
  std::string own_pem_;
  Sha256 fingerprint_;
  std::vector<std::string> permitted_;
  WallTime not_before_;
  WallTime not_after_;
  std::string strict_fault_;
};

}  // namespace weir::certs
