// SPDX-License-Identifier: Apache-2.0
#include "cli/browser_store.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "certs/openssl_support.h"
#include "cli/captured_command.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kTool[] = "certutil";
constexpr char kForServers[] = "C,,";  // trust flags of certutil(1)
constexpr mode_t kFileMode = 0600;

bool is_database(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "cert9.db", ignored);
}

void add_profiles(std::vector<fs::path>& found, const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (is_database(each->path())) found.push_back(each->path());
}

// A file for certutil to read, which goes with this object.
class PassingFile {
 public:
  static Result<PassingFile> make(const std::string& text) {
    std::string name = (fs::temp_directory_path() / "weir-ca-XXXXXX").string();
    int fd = ::mkstemp(name.data());
    if (fd < 0) return fail(errno_error("making a file in " + fs::temp_directory_path().string()));
    ::close(fd);
    PassingFile file(name);
    TRY(write_file_atomically(name, text, kFileMode));
    return file;
  }
  PassingFile(PassingFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PassingFile& operator=(PassingFile&&) = delete;
  ~PassingFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  const std::string& path() const { return path_; }

 private:
  explicit PassingFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace

std::vector<fs::path> browser_databases(const fs::path& home) {
  std::vector<fs::path> found;
  for (const char* folder : {".pki/nssdb", "snap/chromium/current/.pki/nssdb"})
    if (is_database(home / folder)) found.push_back(home / folder);
  for (const char* folder :
       {".mozilla/firefox", "snap/firefox/common/.mozilla/firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox"})
    add_profiles(found, home / folder);
  std::sort(found.begin(), found.end());
  return found;
}

bool BrowserStore::has_tool() {
  return run_captured({kTool, "-H"}).has_value();
}

Result<void> BrowserStore::certutil(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), kTool);
  arguments.insert(arguments.end(), {"-d", "sql:" + database_.string()});
  TRY_ASSIGN(auto end, run_captured(arguments));
  if (end.exit_code == 0) return {};
  return fail(ErrorCode::io, "certutil failed: " + end.output);
}

Result<bool> BrowserStore::has(const TrustedCertificate& certificate) const {
  TRY_ASSIGN(auto listed, run_captured({kTool, "-L", "-a", "-n", certificate.mark, "-d", "sql:" + database_.string()}));
  return holds(listed.output, certificate);
}

Result<Change> BrowserStore::add(const TrustedCertificate& certificate) const {
  TRY_ASSIGN(bool there, has(certificate));
  TRY_ASSIGN(auto pem, certs::to_pem(certificate.der));
  TRY_ASSIGN(auto file, PassingFile::make(pem));
  auto added = certutil({"-A", "-n", certificate.mark, "-t", kForServers, "-i", file.path()});
  if (added) return there ? Change::not_needed : Change::made;
  // certutil adds the certificate before it finds that it may not set the trust.
  if (!there) static_cast<void>(certutil({"-D", "-n", certificate.mark}));
  return fail(added.error());
}

Result<Change> BrowserStore::remove(const TrustedCertificate& certificate) const {
  TRY_ASSIGN(bool there, has(certificate));
  if (!there) return Change::not_needed;
  TRY(certutil({"-D", "-n", certificate.mark}));
  return Change::made;
}

}  // namespace weir::cli
