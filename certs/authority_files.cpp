// SPDX-License-Identifier: Apache-2.0
#include "certs/authority_files.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/files.h"

namespace weir::certs {
namespace {

constexpr size_t kMaxCertificateFileBytes = 1 << 20;
constexpr mode_t kCertificateMode = 0644;
constexpr mode_t kKeyMode = 0600;
constexpr mode_t kFolderMode = 0755;  // ca.pem is for everybody; the key has a mode of its own
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

// Without this OpenSSL would ask for the password of an encrypted key at the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

}  // namespace

AuthorityFiles::AuthorityFiles(const std::filesystem::path& folder)
    : folder_(folder), certificate_(folder / "ca.pem"), key_(folder / "ca.key"), lock_(folder / "ca.lock") {}

std::string AuthorityFiles::how_to_replace() const {
  return "; for a new CA remove " + certificate_.string() + " and " + key_.string() +
         ", start Weir again, and give the new ca.pem to whoever trusts the old one (weir env and weir run do it "
         "themselves)";
}

Result<std::optional<KeyPair>> AuthorityFiles::read() const {
  TRY_ASSIGN(auto pem, read_file(certificate_, kMaxCertificateFileBytes));
  if (!pem) return std::nullopt;
  KeyPair pair;
  TRY_ASSIGN(pair.certificate, read_certificate(*pem));
  TRY_ASSIGN(pair.key, read_key());
  if (X509_check_private_key(pair.certificate.get(), pair.key.get()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::invalid, key_.string() + " is not the key of " + certificate_.string() + how_to_replace());
  }
  return pair;
}

Result<Certificate> AuthorityFiles::read_certificate(std::string_view pem) const {
  auto certificate = own(PEM_read_bio_X509(read_from(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!certificate) return fail(ErrorCode::invalid, certificate_.string() + " holds no certificate" + how_to_replace());
  return certificate;
}

Result<PrivateKey> AuthorityFiles::read_key() const {
  UniqueFd fd(::open(key_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd && errno == ENOENT)
    return fail(ErrorCode::invalid, key_.string() + " is missing: restore it" + how_to_replace());
  if (!fd) return fail(errno_error("opening " + key_.string()));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail(errno_error("looking at " + key_.string()));
  if ((status.st_mode & kOthers) != 0)
    return fail(ErrorCode::refused, "others than its owner may read " + key_.string() + ": run 'chmod 600 " +
                                        key_.string() + "' if nobody did" + how_to_replace());
  Bio bio(BIO_new_fd(fd.get(), BIO_NOCLOSE));
  auto key = own(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (!key) return fail(ErrorCode::invalid, key_.string() + " holds no private key in the clear" + how_to_replace());
  return key;
}

Result<UniqueFd> AuthorityFiles::lock() const {
  TRY(make_folder(folder_, kFolderMode));
  UniqueFd fd(::open(lock_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kKeyMode));
  if (!fd) return fail(errno_error("opening " + lock_.string()));
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail(errno_error("locking " + lock_.string()));
  return fd;
}

Result<void> AuthorityFiles::write(const KeyPair& pair) const {
  auto key_text = write_to_secure_memory();
  if (!PEM_write_bio_PKCS8PrivateKey(key_text.get(), pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr))
    return fail(openssl_error("writing the CA's key as PEM"));
  TRY_ASSIGN(auto der, to_der(pair.certificate));
  TRY_ASSIGN(auto pem, to_pem(der));
  TRY(write_file_atomically(key_, written(key_text), kKeyMode));
  return write_file_atomically(certificate_, pem, kCertificateMode);
}

}  // namespace weir::certs
