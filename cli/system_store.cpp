// SPDX-License-Identifier: Apache-2.0
#include "cli/system_store.h"

#include <unistd.h>

#include <cerrno>

#include "base/files.h"
#include "certs/openssl_support.h"
#include "cli/captured_command.h"

namespace weir::cli {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr mode_t kFileMode = 0644;

}  // namespace

const std::vector<SystemStorePaths>& known_system_stores() {
  static const std::vector<SystemStorePaths> known{
      {"/usr/local/share/ca-certificates", "/usr/sbin/update-ca-certificates", "/etc/ssl/certs"},
      {"/etc/pki/ca-trust/source/anchors", "/usr/bin/update-ca-trust", ""},
  };
  return known;
}

std::optional<SystemStore> SystemStore::find(const std::vector<SystemStorePaths>& known) {
  std::error_code ignored;
  for (const auto& paths : known)
    if (std::filesystem::is_directory(paths.anchors, ignored) && std::filesystem::exists(paths.updater, ignored))
      return SystemStore(paths);
  return std::nullopt;
}

std::filesystem::path SystemStore::file_of(const TrustedCertificate& certificate) const {
  return paths_.anchors / (certificate.mark + ".crt");
}

Result<bool> SystemStore::has(const TrustedCertificate& certificate) const {
  auto file = file_of(certificate);
  TRY_ASSIGN(auto text, read_file(file, kMaxFileBytes));
  if (!text) return false;
  if (holds(*text, certificate)) return true;
  return fail(ErrorCode::invalid, file.string() +
                                      " is not the certificate that Weir would put there: look at it, and "
                                      "move it away");
}

Result<Change> SystemStore::add(const TrustedCertificate& certificate) const {
  TRY_ASSIGN(bool there, has(certificate));
  if (!writable()) return there ? Change::not_needed : Change::not_tried;
  if (!there) {
    TRY_ASSIGN(auto pem, certs::to_pem(certificate.der));
    TRY(write_file_atomically(file_of(certificate), pem, kFileMode));
  }
  // Also for one that is there: a program that was interrupted may not have taken it up.
  TRY(update());
  return there ? Change::not_needed : Change::made;
}

Result<Change> SystemStore::remove(const TrustedCertificate& certificate) const {
  TRY_ASSIGN(bool there, has(certificate));
  if (!there) return Change::not_needed;
  if (!writable()) return Change::not_tried;
  auto file = file_of(certificate);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail(errno_error("removing " + file.string()));
  // Before the program, which would have to be told to make all links anew: clients would find none meanwhile.
  TRY(remove_links(certificate));
  TRY(update());
  return Change::made;
}

// The link to the certificate, and the one to that link by which OpenSSL finds it (a hash of its name).
Result<void> SystemStore::remove_links(const TrustedCertificate& certificate) const {
  if (paths_.links.empty()) return {};
  auto link = certificate.mark + ".pem";
  std::error_code error;
  std::filesystem::directory_iterator each(paths_.links, error);
  for (std::filesystem::directory_iterator end; !error && each != end; each.increment(error)) {
    std::error_code no_link;
    auto target = std::filesystem::read_symlink(each->path(), no_link);
    if (no_link || (target != file_of(certificate) && target != link)) continue;
    if (::unlink(each->path().c_str()) != 0 && errno != ENOENT)
      return fail(errno_error("removing " + each->path().string()));
  }
  if (error) return fail(errno_error("listing " + paths_.links.string(), error.value()));
  return {};
}

bool SystemStore::writable() const {
  return ::access(paths_.anchors.c_str(), W_OK) == 0;
}

Result<void> SystemStore::update() const {
  TRY_ASSIGN(auto end, run_captured({paths_.updater.string()}));
  if (end.exit_code == 0) return {};
  return fail(ErrorCode::io, paths_.updater.string() + " failed: " + end.output);
}

}  // namespace weir::cli
