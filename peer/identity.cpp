// SPDX-License-Identifier: Apache-2.0
#include "peer/identity.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>

#include "base/files.h"
#include "certs/issue.h"
#include "certs/key_file.h"
#include "peer/lock.h"

namespace weir::peer {
namespace {

constexpr mode_t kKeyMode = 0600;
// Nobody looks at the certificate's times, but some libraries refuse one without sensible ones.
constexpr auto kNotBefore = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
constexpr auto kNotAfter = std::chrono::sys_days(std::chrono::year(2099) / 1 / 1);

bool is_p256(EVP_PKEY* key) {
  char group[32] = {};
  size_t size = 0;
  bool named = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &size) == 1;
  ERR_clear_error();
  return named && std::string_view(group, size) == "prime256v1";
}

Result<Identity> identity_of(certs::PrivateKey key) {
  Identity identity;
  TRY_ASSIGN(identity.certificate, certs::issue_self_signed({"Weir peer", kNotBefore, kNotAfter, {}}, key));
  TRY_ASSIGN(identity.spki, spki_hash(identity.certificate));
  identity.key = std::move(key);
  return identity;
}

Result<void> write_key(const std::filesystem::path& path, const certs::PrivateKey& key) {
  auto text = certs::write_to_secure_memory();
  if (!PEM_write_bio_PKCS8PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr))
    return fail(certs::openssl_error("writing the key for peers as PEM"));
  return write_file_atomically(path, certs::written(text), kKeyMode);
}

Result<certs::PrivateKey> make_and_write(const std::filesystem::path& path) {
  TRY_ASSIGN(auto key, certs::make_key());
  TRY(write_key(path, key));
  return key;
}

}  // namespace

Result<Identity> Identity::make() {
  TRY_ASSIGN(auto key, certs::make_key());
  return identity_of(std::move(key));
}

Result<Identity> Identity::open_or_create(const std::filesystem::path& folder) {
  auto path = folder / "peer.key";
  TRY_ASSIGN(auto lock, lock_files(folder));
  std::error_code error;
  bool there = std::filesystem::exists(path, error);
  if (error) return fail(errno_error("looking for " + path.string(), error.value()));
  TRY_ASSIGN(auto key, there ? certs::read_key_file(path) : make_and_write(path));
  if (!is_p256(key.get()))
    return fail(ErrorCode::invalid,
                path.string() + " holds another kind of key than P-256; move it away for a new one");
  return identity_of(std::move(key));
}

Result<Sha256> spki_hash(const certs::Certificate& certificate) {
  unsigned char* der = nullptr;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
  if (size <= 0) return fail(certs::openssl_error("reading a certificate's key"));
  auto hash = sha256({reinterpret_cast<const char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return hash;
}

bool is_peer_certificate(const certs::Certificate& certificate) {
  auto* key = X509_get0_pubkey(certificate.get());
  return key && is_p256(key) && certs::is_self_signed(certificate);
}

}  // namespace weir::peer
