// SPDX-License-Identifier: Apache-2.0
#include "certs/authority_files.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>

#include "base/files.h"
#include "base/random.h"
#include "certs/key_file.h"

namespace weir::certs {
namespace {

constexpr size_t kMaxCertificateFileBytes = 1 << 20;
constexpr size_t kMarkDigits = 16;
constexpr mode_t kCertificateMode = 0644;
constexpr mode_t kKeyMode = 0600;
constexpr char kCompanyPrefix[] = "company-";
constexpr char kLostPrefix[] = "lost-";
constexpr mode_t kFolderMode = 0755;  // ca.pem is for everybody; the key has a mode of its own

// The certificates (DER) of those files that are there and not damaged.
Result<std::vector<std::string>> certificates_of(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> found;
  for (const auto& file : files) {
    TRY_ASSIGN(auto pem, read_file(file, kMaxCertificateFileBytes));
    auto ders = certificates_in(pem.value_or(""));
    if (ders) found.insert(found.end(), ders->begin(), ders->end());
  }
  return found;
}

// Of the first certificate in a file's text; of the text itself when it is damaged.
std::string mark_of_text(const std::string& pem) {
  auto certificates = certificates_in(pem);
  bool whole = certificates && !certificates->empty();
  return mark_of(sha256(whole ? certificates->front() : pem));
}

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::symlink_status(path, error).type() != std::filesystem::file_type::not_found;
}

Result<void> move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return fail(errno_error("moving " + from.string() + " to " + to.string()));
}

Result<std::vector<std::filesystem::path>> pem_files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".pem") files.push_back(each->path());
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(errno_error("listing " + folder.string(), error.value()));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string mark_of(const Sha256& fingerprint) {
  return "weir-" + fingerprint.hex().substr(0, kMarkDigits);
}

AuthorityFiles::AuthorityFiles(const std::filesystem::path& folder)
    : folder_(folder),
      certificate_(folder / "ca.pem"),
      new_certificate_(folder / "ca.pem.new"),
      key_(folder / "ca.key"),
      lock_(folder / "ca.lock"),
      company_(folder / "company.pem"),
      old_(folder / "old") {}

std::string AuthorityFiles::how_to_replace() const {
  return "; for a new CA run 'weir ca renew', start Weir again, and give the new " + certificate_.string() +
         " to whoever trusts the old one (weir env and weir run do it themselves, weir ca install for this machine)";
}

Result<std::optional<KeyPair>> AuthorityFiles::read() const {
  TRY_ASSIGN(auto pem, read_file(certificate_, kMaxCertificateFileBytes));
  if (!pem) return std::nullopt;
  KeyPair pair;
  TRY_ASSIGN(pair.certificate, read_certificate(*pem));
  auto key = read_key_file(key_);
  if (!key) return fail(key.error().code, key.error().message + how_to_replace());
  pair.key = std::move(*key);
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

Result<void> AuthorityFiles::make() const {
  return make_folder(folder_, kFolderMode);
}

Result<UniqueFd> AuthorityFiles::lock() const {
  TRY(make());
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
  TRY(write_file_atomically(new_certificate_, pem, kCertificateMode));
  TRY(write_file_atomically(key_, written(key_text), kKeyMode));
  TRY(move_file(new_certificate_, certificate_));
  return sync_folder(folder_);
}

bool AuthorityFiles::has_lost_certificate() const {
  return !is_there(certificate_) && is_there(key_) && !is_there(new_certificate_);
}

Result<void> AuthorityFiles::check_none_lost() const {
  if (!has_lost_certificate()) return {};
  return fail(ErrorCode::invalid, certificate_.string() + " is missing, and its key " + key_.string() +
                                      " is there: restore ca.pem, or move ca.key away to have a new CA made, which " +
                                      "whoever trusts the old one then has to be given");
}

// Without its certificate it has no mark.
Result<void> AuthorityFiles::set_aside_key() const {
  if (!has_lost_certificate()) return {};
  TRY(make_folder(old_, kFolderMode));
  TRY(move_file(key_, old(kLostPrefix + to_hex(random_bytes(kMarkDigits / 2)) + ".key")));
  return sync_folder(old_);
}

Result<void> AuthorityFiles::set_aside() const {
  TRY_ASSIGN(auto pem, read_file(certificate_, kMaxCertificateFileBytes));
  if (!pem) return set_aside_key();
  auto mark = mark_of_text(*pem);
  TRY(make_folder(old_, kFolderMode));
  // The key first: while ca.pem is there, no maker replaces ca.key.
  TRY(move_file(key_, old(mark + ".key")));
  TRY(sync_folder(old_));
  TRY(move_file(certificate_, old(mark + ".pem")));
  TRY(sync_folder(old_));
  return sync_folder(folder_);
}

Result<std::filesystem::path> AuthorityFiles::keep_company(const std::string& pem) const {
  TRY_ASSIGN(auto held, read_file(company_, kMaxCertificateFileBytes));
  if (held == pem) return company_;
  TRY(make());
  if (held) {
    TRY(make_folder(old_, kFolderMode));
    TRY(write_file_atomically(old(kCompanyPrefix + mark_of_text(*held) + ".pem"), *held, kCertificateMode));
  }
  TRY(write_file_atomically(company_, pem, kCertificateMode));
  return company_;
}

Result<std::vector<std::string>> AuthorityFiles::made() const {
  TRY_ASSIGN(auto files, pem_files_in(old_));
  std::erase_if(files, [](const auto& file) { return file.filename().string().starts_with(kCompanyPrefix); });
  files.push_back(certificate_);
  return certificates_of(files);
}

Result<std::vector<std::string>> AuthorityFiles::given() const {
  TRY_ASSIGN(auto files, pem_files_in(old_));
  files.push_back(certificate_);
  files.push_back(company_);
  return certificates_of(files);
}

}  // namespace weir::certs
