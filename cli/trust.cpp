// SPDX-License-Identifier: Apache-2.0
#include "cli/trust.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/files.h"
#include "base/log.h"
#include "certs/bundle.h"

namespace weir::cli {
namespace {

constexpr size_t kBundleNameDigits = 8;

// Adds the file that the user's variable names, once.
void add_file_of(const Environment& users, const char* name, OriginRoots& roots) {
  auto value = users.find(name);
  if (value == users.end() || value->second.empty()) return;
  std::error_code error;
  if (!std::filesystem::is_regular_file(value->second, error)) {
    roots.warnings.push_back(
        fmt::format("{} names {}, which is no file: Weir does without it", name, log::escaped(value->second)));
    return;
  }
  auto path = std::filesystem::absolute(value->second, error).lexically_normal();
  if (std::find(roots.files.begin(), roots.files.end(), path) == roots.files.end()) roots.files.push_back(path);
}

OriginRoots roots_of(const Environment& users) {
  OriginRoots roots;
  add_file_of(users, "SSL_CERT_FILE", roots);
  add_file_of(users, "REQUESTS_CA_BUNDLE", roots);
  return roots;
}

std::string bundle_name(const std::vector<std::filesystem::path>& files) {
  if (files.empty()) return "bundle.pem";
  std::string names;
  for (const auto& file : files) names += file.string() + "\n";
  return "bundle-" + sha256(names).hex().substr(0, kBundleNameDigits) + ".pem";
}

}  // namespace

OriginRoots origin_roots(const Environment& found, const std::filesystem::path& ca_folder) {
  return roots_of(users_environment(found, ca_folder));
}

Result<std::filesystem::path> ca_file(const certs::Options& options, const certs::CertificateAuthority& authority) {
  certs::AuthorityFiles files(options.folder);
  if (!authority.is_companys()) return files.certificate();
  return files.keep_company(authority.ca_pem());
}

Result<TrustFiles> make_trust_files(const config::Config& config, const Environment& found) {
  TRY_ASSIGN(auto authority, certs::CertificateAuthority::open_or_create(config.ca));
  auto users = users_environment(found, config.ca.folder);
  auto roots = roots_of(users);
  TRY_ASSIGN(auto base, certs::trusted_roots(roots.files, authority->own_pem()));
  std::vector<std::string> texts{base};

  OriginRoots extra;
  add_file_of(users, "NODE_EXTRA_CA_CERTS", extra);
  for (const auto& file : extra.files) {
    TRY_ASSIGN(auto text, read_file(file));
    texts.push_back(text.value_or(""));
    roots.files.push_back(file);
  }

  TrustFiles files;
  TRY_ASSIGN(files.ca, ca_file(config.ca, *authority));
  files.bundle = config.ca.folder / bundle_name(roots.files);
  TRY(certs::write_bundle(files.bundle, texts, authority->ca_pem()));
  return files;
}

}  // namespace weir::cli
