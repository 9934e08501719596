// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate_authority.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/random.h"
#include "certs/dns_name.h"
#include "certs/issue.h"
#include "certs/name_constraints.h"

namespace weir::certs {
namespace {

constexpr size_t kMaxCommonNameBytes = 64;  // ub-common-name (RFC 5280, appendix A.1)

static_assert(kLeafBackdate < kCaBackdate);

Result<std::vector<std::string>> canonical_hosts(const std::vector<std::string>& hosts) {
  // No permitted subtree at all would permit every name.
  if (hosts.empty()) return fail(ErrorCode::invalid, "a CA needs at least one host to intercept");
  std::vector<std::string> names;
  for (const auto& host : hosts) {
    TRY_ASSIGN(auto name, canonical_dns_name(host));
    names.push_back(std::move(name));
  }
  return names;
}

Result<KeyPair> make_authority(const std::vector<std::string>& hosts, WallTime now) {
  Contents contents{.common_name = "Weir CA " + to_hex(random_bytes(4)),
                    .not_before = now - kCaBackdate,
                    .not_after = now + kCaLifetime,
                    .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                   {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                   {NID_subject_key_identifier, "hash"},
                                   {NID_name_constraints, name_constraints_for(hosts)}}};
  KeyPair pair;
  TRY_ASSIGN(pair.key, make_key());
  TRY_ASSIGN(pair.certificate, issue_self_signed(contents, pair.key));
  return pair;
}

Contents leaf_contents(const std::string& host, WallTime not_before, WallTime not_after) {
  bool fits = host.size() <= kMaxCommonNameBytes;
  // An empty subject asks for a critical subjectAltName (RFC 5280, section 4.2.1.6).
  return {.common_name = fits ? host : "",
          .not_before = not_before,
          .not_after = not_after,
          .extensions = {{NID_subject_alt_name, (fits ? "DNS:" : "critical,DNS:") + host},
                         {NID_key_usage, "critical,digitalSignature"},
                         {NID_ext_key_usage, "serverAuth"},
                         {NID_subject_key_identifier, "hash"},
                         {NID_authority_key_identifier, "keyid:always"}}};
}

Result<void> create(const AuthorityFiles& files, const std::vector<std::string>& hosts, WallTime now) {
  TRY_ASSIGN(auto lock, files.lock());
  TRY_ASSIGN(auto made_meanwhile, files.read());
  if (made_meanwhile) return {};
  TRY_ASSIGN(auto pair, make_authority(hosts, now));
  return files.write(pair);
}

}  // namespace

Result<std::unique_ptr<CertificateAuthority>> CertificateAuthority::open_or_create(const Options& options,
                                                                                   WallTime now) {
  AuthorityFiles files(options.folder);
  TRY_ASSIGN(auto hosts, canonical_hosts(options.hosts));
  TRY_ASSIGN(auto authority, load(options.folder, now));
  if (!authority) {
    TRY(create(files, hosts, now));
    TRY_ASSIGN(authority, load(options.folder, now));
  }
  if (!authority)
    return fail(ErrorCode::io, files.certificate().string() + " was removed while Weir started; start it again");
  TRY(authority->check_covers(hosts, files));
  return std::make_unique<CertificateAuthority>(std::move(*authority));
}

Result<std::optional<CertificateAuthority>> CertificateAuthority::load(const std::filesystem::path& folder,
                                                                       WallTime now) {
  AuthorityFiles files(folder);
  TRY_ASSIGN(auto pair, files.read());
  if (!pair) return std::nullopt;
  return judge(std::move(*pair), files, now);
}

std::filesystem::path CertificateAuthority::certificate_path(const std::filesystem::path& folder) {
  return AuthorityFiles(folder).certificate();
}

Result<CertificateAuthority> CertificateAuthority::judge(KeyPair pair, const AuthorityFiles& files, WallTime now) {
  auto refuse = [&files](const std::string& why) {
    return fail(ErrorCode::invalid,
                "the CA in " + files.certificate().string() + " cannot be used: " + why + files.how_to_replace());
  };
  // This also fills the caches inside the certificate, before threads share it.
  if (X509_check_ca(pair.certificate.get()) != 1) return refuse("it is no CA certificate");
  auto permitted = permitted_names(pair.certificate);
  if (!permitted) return refuse(permitted.error().message);
  CertificateAuthority authority;
  TRY_ASSIGN(authority.not_before_, to_wall_time(X509_get0_notBefore(pair.certificate.get())));
  TRY_ASSIGN(authority.not_after_, to_wall_time(X509_get0_notAfter(pair.certificate.get())));
  if (now > authority.not_after_) return refuse("it has expired");
  if (now < authority.not_before_) return refuse("it is not valid yet, which a wrong clock can cause");
  TRY_ASSIGN(auto der, to_der(pair.certificate));
  TRY_ASSIGN(authority.pem_, to_pem(der));
  authority.fingerprint_ = sha256(der);
  authority.permitted_ = std::move(*permitted);
  authority.pair_ = std::move(pair);
  return authority;
}

bool CertificateAuthority::permits(std::string_view name) const {
  return std::any_of(permitted_.begin(), permitted_.end(),
                     [name](const std::string& subtree) { return is_within(name, subtree); });
}

Result<void> CertificateAuthority::check_covers(const std::vector<std::string>& hosts,
                                                const AuthorityFiles& files) const {
  for (const auto& host : hosts)
    if (!permits(host))
      return fail(ErrorCode::invalid, "the CA in " + files.certificate().string() +
                                          " may not sign for the intercepted host " + host + files.how_to_replace());
  return {};
}

Result<LeafCertificate> CertificateAuthority::mint(std::string_view host, WallTime now) const {
  TRY_ASSIGN(auto name, canonical_dns_name(host));
  if (!permits(name)) return fail(ErrorCode::refused, "the CA may not sign for " + name);
  if (now < not_before_ || now > not_after_)
    return fail(ErrorCode::refused, "the CA is not valid at this time; check the clock");
  LeafCertificate leaf;
  leaf.not_before = std::chrono::floor<std::chrono::seconds>(std::max(now - kLeafBackdate, not_before_));
  leaf.not_after = std::min(leaf.not_before + kLeafLifetime, not_after_);
  TRY_ASSIGN(leaf.key, make_key());
  TRY_ASSIGN(leaf.certificate,
             issue(leaf_contents(name, leaf.not_before, leaf.not_after), leaf.key, pair_.certificate, pair_.key));
  leaf.host = std::move(name);
  return leaf;
}

}  // namespace weir::certs
