// SPDX-License-Identifier: Apache-2.0
#include "certs/company_authority.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/files.h"
#include "certs/key_file.h"

namespace weir::certs {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr size_t kMaxCertificates = 10;
constexpr int kMinSecurityBits = 112;

using Certificates = std::vector<Certificate>;

Result<Certificates> read_certificates(const std::filesystem::path& path) {
  TRY_ASSIGN(auto pem, read_file(path, kMaxFileBytes));
  if (!pem) return fail(ErrorCode::invalid, "it is missing");
  TRY_ASSIGN(auto ders, certificates_in(*pem));
  if (ders.empty()) return fail(ErrorCode::invalid, "it holds no certificate in PEM");
  if (ders.size() > kMaxCertificates)
    return fail(ErrorCode::invalid, "it holds " + std::to_string(ders.size()) +
                                        " certificates: put the signing CA and those above it into it, not a bundle");
  Certificates certificates;
  for (const auto& der : ders) {
    TRY_ASSIGN(auto certificate, from_der(der));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

bool is_weak(const EVP_PKEY* key) {
  return !key || EVP_PKEY_get_security_bits(key) < kMinSecurityBits;
}

bool has_weak_signature(X509* certificate) {
  int bits = 0;
  return X509_get_signature_info(certificate, nullptr, nullptr, &bits, nullptr) != 1 || bits < kMinSecurityBits;
}

// What is wrong with a CA certificate above `below` others, with what to do; "" when nothing is.
Result<std::string> fault_of_authority(const Certificate& certificate, size_t below, WallTime now) {
  auto* x509 = certificate.get();
  TRY_ASSIGN(auto not_before, to_wall_time(X509_get0_notBefore(x509)));
  TRY_ASSIGN(auto not_after, to_wall_time(X509_get0_notAfter(x509)));
  if (now > not_after) return "expired on " + date_of(not_after) + ": have it renewed";
  if (now < not_before) return "is not valid before " + date_of(not_before) + ": check the clock";
  auto flags = X509_get_extension_flags(x509);
  if ((flags & EXFLAG_INVALID) != 0) return std::string("has a damaged extension: have it issued anew");
  if ((flags & EXFLAG_CA) == 0)
    return std::string("is no CA certificate: have one issued with basicConstraints CA:TRUE");
  if ((X509_get_key_usage(x509) & KU_KEY_CERT_SIGN) == 0)
    return std::string("may not sign certificates: have one issued with the key usage keyCertSign");
  auto path_length = X509_get_pathlen(x509);
  if (path_length >= 0 && static_cast<size_t>(path_length) < below)
    return "has a path length of " + std::to_string(path_length) + ", too short for " + std::to_string(below) +
           " CAs below it: have a signing CA issued that stands nearer to it";
  if (is_weak(X509_get0_pubkey(x509)))
    return std::string("has a weak key: clients demand RSA of 2048 bits or more, or EC of 224 or more");
  if (!is_self_signed(certificate) && has_weak_signature(x509))
    return std::string("is signed with a weak hash: have it issued anew with SHA-256");
  return std::string();
}

Result<void> check_each(const Certificates& certificates, WallTime now) {
  for (size_t i = 0; i < certificates.size(); ++i) {
    TRY_ASSIGN(auto fault, fault_of_authority(certificates[i], i, now));
    if (!fault.empty())
      return fail(ErrorCode::invalid,
                  "certificate " + std::to_string(i + 1) + " (" + subject_of(certificates[i]) + ") " + fault);
  }
  return {};
}

Result<void> check_order(const Certificates& certificates) {
  for (size_t i = 1; i < certificates.size(); ++i) {
    auto* issuer = certificates[i].get();
    auto* issued = certificates[i - 1].get();
    bool fits = X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(issued)) == 0 &&
                X509_verify(issued, X509_get0_pubkey(issuer)) == 1;
    ERR_clear_error();
    if (!fits)
      return fail(ErrorCode::invalid, "certificate " + std::to_string(i + 1) + " did not issue certificate " +
                                          std::to_string(i) +
                                          ": put the signing CA first, then who issued it, and so on upwards");
  }
  return {};
}

Result<void> check_signer(const KeyPair& signer, const std::filesystem::path& key_file) {
  auto kind = EVP_PKEY_get_base_id(signer.key.get());
  if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC)
    return fail(ErrorCode::invalid, key_file.string() + " is neither an RSA nor an EC key: clients know no other kind");
  bool matches = X509_check_private_key(signer.certificate.get(), signer.key.get()) == 1;
  ERR_clear_error();
  if (!matches)
    return fail(ErrorCode::invalid, key_file.string() +
                                        " is not the key of the first certificate: put the CA that the key belongs to "
                                        "first, or name its key");
  if (!X509_get0_subject_key_id(signer.certificate.get()))
    return fail(ErrorCode::invalid,
                "the first certificate has no subject key identifier, which leaves refer to: have it issued anew");
  return {};
}

Result<SigningChain> read_chain(const std::filesystem::path& certificates_file, const std::filesystem::path& key_file,
                                WallTime now) {
  TRY_ASSIGN(auto certificates, read_certificates(certificates_file));
  TRY(check_order(certificates));
  TRY(check_each(certificates, now));
  SigningChain chain;
  chain.signer.certificate = certificates.front();
  TRY_ASSIGN(chain.signer.key, read_key_file(key_file));
  TRY(check_signer(chain.signer, key_file));
  chain.anchor = certificates.back();
  if (is_self_signed(chain.anchor)) certificates.pop_back();
  chain.sent = std::move(certificates);
  return chain;
}

}  // namespace

Result<SigningChain> read_company_authority(const std::filesystem::path& certificates, const std::filesystem::path& key,
                                            WallTime now) {
  auto chain = read_chain(certificates, key, now);
  if (!chain) return fail(chain.error().in("the CA in " + certificates.string() + " ([ca] cert) cannot be used"));
  return chain;
}

}  // namespace weir::certs
