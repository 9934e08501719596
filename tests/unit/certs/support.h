// SPDX-License-Identifier: Apache-2.0
// What the tests of certs/ share: a folder that goes with its test, a date, and OpenSSL's own verification as the
// oracle.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "certs/authority_files.h"
#include "certs/certificate_authority.h"
#include "certs/issue.h"

namespace weir::certs {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// 2026-06-01 12:00:00 UTC.
inline constexpr WallTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + std::chrono::hours{12}};
inline constexpr std::chrono::hours kDay{24};

// The parts of a CA that Weir makes; tests leave some out.
std::vector<Extension> authority_extensions(const std::vector<std::string>& hosts);
KeyPair make_authority_with(const std::vector<Extension>& extensions, WallTime not_before = kNow - kDay,
                            WallTime not_after = kNow + 365 * kDay);

// A leaf that a thief of the key could sign; `name` as in x509v3_config(5), such as "DNS:huggingface.co".
Certificate sign_leaf(const KeyPair& authority, const std::string& name);

// What OpenSSL says of the leaf under the authority with X509_V_FLAG_X509_STRICT and purpose sslserver: X509_V_OK or an
// X509_V_ERR_....  `host`: also that the leaf is for it.  `between`: an intermediate CA that the server sends along.
int verify_strictly(const Certificate& leaf, const Certificate& authority, const std::string& host = "",
                    WallTime now = kNow, const Certificate& between = nullptr);

void write_text(const std::filesystem::path& path, std::string_view text);
std::string read_text(const std::filesystem::path& path);
mode_t mode_of(const std::filesystem::path& path);

}  // namespace weir::certs
