// SPDX-License-Identifier: Apache-2.0
#include "certs/bundle.h"

#include <sys/stat.h>

#include <unordered_set>

#include "base/digest.h"
#include "base/files.h"
#include "certs/openssl_support.h"

namespace weir::certs {
namespace {

constexpr size_t kMaxBundleBytes = 16 << 20;
constexpr mode_t kBundleMode = 0644;

// Certificates as PEM, each once, without those that were left out.
class Collection {
 public:
  Result<void> leave_out(std::string_view pem) {
    TRY_ASSIGN(auto certificates, certificates_in(pem));
    for (const auto& der : certificates) seen_.insert(sha256(der));
    return {};
  }

  Result<void> add(std::string_view pem) {
    TRY_ASSIGN(auto certificates, certificates_in(pem));
    if (certificates.empty()) return fail(ErrorCode::invalid, "there is no certificate in it");
    for (const auto& der : certificates) {
      if (!seen_.insert(sha256(der)).second) continue;
      TRY_ASSIGN(auto text, to_pem(der));
      text_ += text;
    }
    return {};
  }

  const std::string& text() const { return text_; }

 private:
  std::unordered_set<Sha256, DigestHash> seen_;
  std::string text_;
};

Result<void> add_file(Collection& collection, const std::filesystem::path& path) {
  TRY_ASSIGN(auto text, read_file(path, kMaxBundleBytes));
  if (!text) return fail(ErrorCode::invalid, "the certificate bundle " + path.string() + " does not exist");
  auto added = collection.add(*text);
  if (!added) return fail(added.error().in("the certificate bundle " + path.string()));
  return {};
}

Result<bool> says_already(const std::filesystem::path& target, const std::string& text) {
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0 || (status.st_mode & 07777) != kBundleMode) return false;
  TRY_ASSIGN(auto held, read_file(target, kMaxBundleBytes * 2));
  return held == text;
}

}  // namespace

const std::vector<std::filesystem::path>& system_bundles() {
  static const std::vector<std::filesystem::path> paths{
      "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
      "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // newer Fedora and RHEL
      "/etc/ssl/ca-bundle.pem",                             // openSUSE
      "/etc/ssl/cert.pem",                                  // Alpine, macOS, the BSDs
  };
  return paths;
}

Result<std::string> system_roots(const std::vector<std::filesystem::path>& candidates) {
  for (const auto& path : candidates) {
    TRY_ASSIGN(auto text, read_file(path, kMaxBundleBytes));
    if (text) return std::move(*text);
  }
  return fail(
      ErrorCode::invalid,
      "this system has no trusted root certificates: install ca-certificates or name a bundle in SSL_CERT_FILE");
}

Result<std::string> trusted_roots(const std::vector<std::filesystem::path>& base, std::string_view own_pem,
                                  const std::vector<std::filesystem::path>& system) {
  Collection collection;
  TRY(collection.leave_out(own_pem));
  for (const auto& path : base) TRY(add_file(collection, path));
  if (collection.text().empty()) {
    TRY_ASSIGN(auto roots, system_roots(system));
    auto added = collection.add(roots);
    if (!added) return fail(added.error().in("the system's certificate bundle"));
  }
  return collection.text();
}

Result<void> write_bundle(const std::filesystem::path& target, const std::vector<std::string>& base_pem_texts,
                          std::string_view ca_pem) {
  if (base_pem_texts.empty())
    return fail(ErrorCode::invalid, "a bundle of one CA alone would shut its clients off from all other hosts");
  Collection roots;
  TRY(roots.leave_out(ca_pem));
  for (const auto& text : base_pem_texts) TRY(roots.add(text));
  Collection ca;
  TRY(ca.add(ca_pem));
  auto text = roots.text() + ca.text();
  TRY_ASSIGN(bool unchanged, says_already(target, text));
  if (unchanged) return {};
  return write_file_atomically(target, text, kBundleMode);
}

}  // namespace weir::certs
