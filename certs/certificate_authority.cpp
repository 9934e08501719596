// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate_authority.h"

#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/random.h"
#include "certs/company_authority.h"
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

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
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
  TRY(files.check_none_lost());
  TRY_ASSIGN(auto pair, make_authority(hosts, now));
  return files.write(pair);
}

// As PEM, each once or more.
Result<std::string> pem_of(const std::vector<std::string>& ders) {
  std::string text;
  for (const auto& der : ders) {
    TRY_ASSIGN(auto pem, to_pem(der));
    text += pem;
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<CertificateAuthority>> CertificateAuthority::open_or_create(const Options& options,
                                                                                   WallTime now) {
  AuthorityFiles files(options.folder);
  TRY_ASSIGN(auto hosts, canonical_hosts(options.hosts));
  if (!options.company_certificates.empty()) return open_company(options, hosts, now);
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

Result<std::unique_ptr<CertificateAuthority>> CertificateAuthority::open_company(const Options& options,
                                                                                 const std::vector<std::string>& hosts,
                                                                                 WallTime now) {
  TRY_ASSIGN(auto chain, read_company_authority(options.company_certificates, options.company_key, now));
  AuthorityFiles files(options.folder);
  TRY(files.make());
  TRY_ASSIGN(auto authority, describe(std::move(chain), files));
  authority.companys_ = true;
  authority.permitted_ = hosts;
  TRY(authority.try_on(hosts, options, now));
  return std::make_unique<CertificateAuthority>(std::move(authority));
}

Result<std::unique_ptr<CertificateAuthority>> CertificateAuthority::renew(const Options& options, WallTime now) {
  if (!options.company_certificates.empty())
    return fail(ErrorCode::invalid, "the CA in " + options.company_certificates.string() +
                                        " ([ca] cert) is not Weir's to renew: have a new one issued, and put it and "
                                        "its key there");
  AuthorityFiles files(options.folder);
  TRY_ASSIGN(auto hosts, canonical_hosts(options.hosts));
  {
    TRY_ASSIGN(auto lock, files.lock());
    TRY_ASSIGN(auto pair, make_authority(hosts, now));
    TRY(files.set_aside());
    TRY(files.write(pair));
  }
  return open_or_create(options, now);
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
  SigningChain chain{pair, {}, pair.certificate};
  TRY_ASSIGN(auto authority, describe(std::move(chain), files));
  if (now > authority.not_after_) return refuse("it has expired");
  if (now < authority.not_before_) return refuse("it is not valid yet, which a wrong clock can cause");
  authority.permitted_ = std::move(*permitted);
  return authority;
}

Result<CertificateAuthority> CertificateAuthority::describe(SigningChain chain, const AuthorityFiles& files) {
  CertificateAuthority authority;
  TRY_ASSIGN(auto der, to_der(chain.anchor));
  TRY_ASSIGN(authority.pem_, to_pem(der));
  authority.fingerprint_ = sha256(der);
  TRY_ASSIGN(auto own, files.made());
  for (const auto& sent : chain.sent) {
    TRY_ASSIGN(auto sent_der, to_der(sent));
    own.push_back(std::move(sent_der));
  }
  TRY_ASSIGN(authority.own_pem_, pem_of(own));
  TRY_ASSIGN(authority.not_before_, to_wall_time(X509_get0_notBefore(chain.anchor.get())));
  TRY_ASSIGN(authority.not_after_, to_wall_time(X509_get0_notAfter(chain.anchor.get())));
  for (const auto& sent : chain.sent) {
    TRY_ASSIGN(auto not_before, to_wall_time(X509_get0_notBefore(sent.get())));
    TRY_ASSIGN(auto not_after, to_wall_time(X509_get0_notAfter(sent.get())));
    authority.not_before_ = std::max(authority.not_before_, not_before);
    authority.not_after_ = std::min(authority.not_after_, not_after);
  }
  authority.chain_ = std::move(chain);
  return authority;
}

bool CertificateAuthority::permits(std::string_view name) const {
  return std::any_of(permitted_.begin(), permitted_.end(),
                     [name](const std::string& subtree) { return is_within(name, subtree); });
}

Result<void> CertificateAuthority::check_covers(const std::vector<std::string>& hosts,
                                                const AuthorityFiles& files) const {
  std::vector<std::string> outside;
  std::copy_if(hosts.begin(), hosts.end(), std::back_inserter(outside),
               [this](const std::string& host) { return !permits(host); });
  if (outside.empty()) return {};
  return fail(ErrorCode::invalid, "the CA in " + files.certificate().string() + " may not sign for " + listed(outside) +
                                      ", which the configuration names (intercept.hosts, proxy.names)" +
                                      files.how_to_replace());
}

// Signs a leaf for each host and looks at it as a client does: what the certificates above it say of names, purposes
// and algorithms is for OpenSSL to judge.
Result<void> CertificateAuthority::try_on(const std::vector<std::string>& hosts, const Options& options, WallTime now) {
  std::vector<std::string> outside;
  std::string fault;
  for (const auto& host : hosts) {
    TRY_ASSIGN(auto leaf, mint(host, now));
    auto found = fault_of(chain_, leaf.certificate, host, now, Strictness::usual);
    if (found.empty()) {
      strict_fault_ = fault_of(chain_, leaf.certificate, host, now, Strictness::strict);
      continue;
    }
    outside.push_back(host);
    fault = found;
  }
  if (outside.empty()) return {};
  return fail(ErrorCode::invalid,
              "the CA in " + options.company_certificates.string() +
                  " ([ca] cert) cannot be used: clients would refuse what it signs for " + listed(outside) + " (" +
                  fault +
                  "): have one issued that may sign for servers of these names, or take them out of "
                  "the configuration (intercept.hosts, proxy.names)");
}

std::vector<std::string> CertificateAuthority::warnings(WallTime now) const {
  std::vector<std::string> sentences;
  if (!strict_fault_.empty())
    sentences.push_back(
        "clients that hold certificates strictly to RFC 5280, as Python 3.13 and newer do, refuse what "
        "the CA of [ca] cert signs (" +
        strict_fault_ + "): have it issued anew");
  if (not_after_ - now > kWarnOfCaEnd) return sentences;
  auto days = std::chrono::floor<std::chrono::days>(not_after_ - now).count();
  auto end = "expires on " + date_of(not_after_) + ", in " + std::to_string(days) + (days == 1 ? " day" : " days");
  sentences.push_back(companys_ ? "the CA of [ca] cert, or one above it, " + end +
                                      ": have it renewed, put it and its key there, and start Weir again"
                                : "Weir's CA " + end + ": run 'weir ca renew', and start Weir again");
  return sentences;
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
  TRY_ASSIGN(leaf.certificate, issue(leaf_contents(name, leaf.not_before, leaf.not_after), leaf.key,
                                     chain_.signer.certificate, chain_.signer.key));
  leaf.host = std::move(name);
  leaf.chain = chain_.sent;
  return leaf;
}

}  // namespace weir::certs
