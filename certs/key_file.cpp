// SPDX-License-Identifier: Apache-2.0
#include "certs/key_file.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace weir::certs {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

// Without this OpenSSL would ask for the password of an encrypted key at the terminal.  Notes that it was asked for.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

Result<PrivateKey> read_key_file(const std::filesystem::path& path) {
  auto name = path.string();
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd && errno == ENOENT) return fail(ErrorCode::invalid, name + " is missing: restore it");
  if (!fd) return fail(errno_error("opening " + name));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail(errno_error("looking at " + name));
  if ((status.st_mode & kOthers) != 0)
    return fail(ErrorCode::refused,
                "others than its owner may read " + name + ": run 'chmod 600 " + name + "' if nobody did");
  Bio bio(BIO_new_fd(fd.get(), BIO_NOCLOSE));
  bool encrypted = false;
  auto key = own(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &encrypted));
  ERR_clear_error();
  if (encrypted)
    return fail(ErrorCode::invalid, name +
                                        " is encrypted, and nobody types its passphrase when Weir starts: write the "
                                        "key in the clear with 'openssl pkey -in " +
                                        name + "' to a file that its owner alone may read");
  if (!key) return fail(ErrorCode::invalid, name + " holds no private key in the clear");
  return key;
}

}  // namespace weir::certs
