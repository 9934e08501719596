// SPDX-License-Identifier: Apache-2.0
#include "certs/issue.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/random.h"

namespace weir::certs {
namespace {

constexpr size_t kSerialBytes = 16;

struct FreeBignum {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
struct FreeExtension {
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};

Result<void> set_random_serial(X509* certificate) {
  auto bytes = random_bytes(kSerialBytes);
  bytes[0] = static_cast<char>(bytes[0] & 0x7f);  // DER integers are signed, serial numbers positive
  auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::unique_ptr<BIGNUM, FreeBignum> number(BN_bin2bn(data, static_cast<int>(bytes.size()), nullptr));
  if (!number || !BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)))
    return fail(openssl_error("setting a serial number"));
  return {};
}

Result<void> set_subject(X509* certificate, const std::string& common_name) {
  if (common_name.empty()) return {};
  auto* name = X509_get_subject_name(certificate);
  auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  if (!X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, static_cast<int>(common_name.size()), -1,
                                  0))
    return fail(openssl_error("setting a certificate's subject"));
  return {};
}

Result<void> add_extension(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, FreeExtension> made(
      X509V3_EXT_nconf_nid(nullptr, &context, extension.nid, extension.value.c_str()));
  if (!made || !X509_add_ext(certificate, made.get(), -1))
    return fail(openssl_error(std::string("adding the extension ") + OBJ_nid2sn(extension.nid)));
  return {};
}

// A null issuer stands for the certificate itself.
Result<Certificate> make(const Contents& contents, const PrivateKey& key, X509* issuer, const PrivateKey& issuer_key) {
  auto made = own(X509_new());
  if (!made || !X509_set_version(made.get(), X509_VERSION_3)) return fail(openssl_error("making a certificate"));
  if (!issuer) issuer = made.get();
  TRY(set_random_serial(made.get()));
  TRY(set_subject(made.get(), contents.common_name));
  TRY(set_time(X509_getm_notBefore(made.get()), contents.not_before));
  TRY(set_time(X509_getm_notAfter(made.get()), contents.not_after));
  if (!X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)) || !X509_set_pubkey(made.get(), key.get()))
    return fail(openssl_error("making a certificate"));
  for (const auto& extension : contents.extensions) TRY(add_extension(made.get(), issuer, extension));
  if (!X509_sign(made.get(), issuer_key.get(), EVP_sha256())) return fail(openssl_error("signing a certificate"));
  return made;
}

}  // namespace

Result<PrivateKey> make_key() {
  auto key = own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) return fail(openssl_error("making a P-256 key"));
  return key;
}

Result<Certificate> issue_self_signed(const Contents& contents, const PrivateKey& key) {
  return make(contents, key, nullptr, key);
}

Result<Certificate> issue(const Contents& contents, const PrivateKey& key, const Certificate& issuer,
                          const PrivateKey& issuer_key) {
  return make(contents, key, issuer.get(), issuer_key);
}

}  // namespace weir::certs
