// SPDX-License-Identifier: Apache-2.0
// weir ca path, show, info, renew, install, uninstall
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "certs/certificate_authority.h"
#include "cli/ca_install.h"
#include "cli/ca_report.h"
#include "cli/command.h"
#include "cli/running_server.h"
#include "cli/shell_text.h"
#include "cli/trust.h"

namespace weir::cli {
namespace {

Result<std::string> show_path(const config::Config& config) {
  TRY_ASSIGN(auto authority, certs::CertificateAuthority::open_or_create(config.ca));
  TRY_ASSIGN(auto file, ca_file(config.ca, *authority));
  return file.string() + "\n";
}

Result<std::string> show_pem(const config::Config& config) {
  TRY_ASSIGN(auto authority, certs::CertificateAuthority::open_or_create(config.ca));
  return authority->ca_pem();
}

Result<std::string> show_info(const config::Config& config) {
  TRY_ASSIGN(auto authority, certs::CertificateAuthority::open_or_create(config.ca));
  TRY_ASSIGN(auto file, ca_file(config.ca, *authority));
  return ca_text(*authority, file, wall_now());
}

Result<std::string> renew(const config::Config& config) {
  TRY_ASSIGN(auto authority, certs::CertificateAuthority::renew(config.ca));
  TRY_ASSIGN(auto file, ca_file(config.ca, *authority));
  auto out = ca_text(*authority, file, wall_now());
  TRY_ASSIGN(auto server, find_server(config));
  if (server)
    out += fmt::format("The proxy ({}) still signs with the CA before it: start it again.\n", holder(*server));
  return out +
         "Clients do not know the new CA yet: weir run takes it up by itself, a shell with eval \"$(weir env)\", and "
         "where the one before it was installed: weir ca uninstall, and weir ca install.\n";
}

// The stores of this machine and of the user who runs this.
TrustStores stores_here() {
  auto environment = current_environment();
  return {SystemStore::find(), browser_databases(environment["HOME"])};
}

// The same command for root, who has a home and a configuration of its own.
std::string as_root(const config::Config& config, const char* part) {
  std::error_code error;
  auto program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  auto line = fmt::format("sudo {} ca {} --ca {}", sh_quoted(error ? "weir" : program), part,
                          sh_quoted(config.ca.folder.string()));
  if (!config.file.empty()) line += " --config " + sh_quoted(config.file.string());
  return line;
}

int show(const InstallReport& report) {
  for (const auto& sentence : report.done) fmt::print("{}\n", sentence);
  for (const auto& sentence : report.problems) complain(sentence);
  return report.problems.empty() ? kDone : kFailed;
}

// Under sudo the home folder is root's: a CA that was made there now would be one that nobody uses.
Result<void> check_whose(const config::Config& config) {
  bool sudo = ::geteuid() == 0 && !current_environment()["SUDO_UID"].empty();
  bool missing = config.ca.company_certificates.empty() &&
                 !std::filesystem::exists(certs::CertificateAuthority::certificate_path(config.ca.folder));
  if (sudo && missing)
    return fail(ErrorCode::invalid, "there is no CA in " + config.ca.folder.string() +
                                        ": run weir ca install without sudo, and it says what to type");
  return {};
}

Result<int> install_ca(const config::Config& config) {
  TRY(check_whose(config));
  TRY_ASSIGN(auto authority, certs::CertificateAuthority::open_or_create(config.ca));
  TRY(ca_file(config.ca, *authority));
  TRY_ASSIGN(auto der, certs::to_der(authority->certificate()));
  TRY_ASSIGN(auto certificate, trusted_certificate(der));
  return show(install(stores_here(), certificate, as_root(config, "install")));
}

Result<int> uninstall_ca(const config::Config& config) {
  TRY_ASSIGN(auto ders, certs::AuthorityFiles(config.ca.folder).given());
  std::vector<TrustedCertificate> certificates;
  for (const auto& der : ders) {
    TRY_ASSIGN(auto certificate, trusted_certificate(der));
    certificates.push_back(std::move(certificate));
  }
  return show(uninstall(stores_here(), certificates, as_root(config, "uninstall")));
}

template <typename Outcome>
void add_part(Command& ca, const char* name, const char* help, Result<Outcome> (*act)(const config::Config&)) {
  auto choice = std::make_shared<ConfigChoice>();
  auto part =
      add_config_command(ca, name, help, choice, [act](const config::Config& config) { return finish(act(config)); });
  part.option("--ca", choice->ca, "The folder of the CA, over ca.path", "DIR");
}

}  // namespace

void add_ca(Command& weir) {
  auto ca = weir.subcommand("ca", "Weir's certificate authority, made when there is none");
  add_part(ca, "path", "Print the path of the certificate that clients are to trust", show_path);
  add_part(ca, "show", "Print it (PEM)", show_pem);
  add_part(ca, "info", "Print its fingerprint, the hosts it signs for, and its end", show_info);
  add_part(ca, "renew", "Make a new CA for the configured hosts, and keep the old one", renew);
  add_part(ca, "install", "Have this machine and this user's browsers trust it", install_ca);
  add_part(ca, "uninstall", "Take it back, and what older CAs of Weir's left", uninstall_ca);
}

}  // namespace weir::cli
