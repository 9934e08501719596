// SPDX-License-Identifier: Apache-2.0
// weir ca path, weir ca show
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "certs/certificate_authority.h"
#include "cli/command.h"

namespace weir::cli {
namespace {

enum class Show { path, pem };

int show_ca(const ConfigChoice& choice, Show what) {
  auto config = load_config(choice);
  if (!config) return fail_with(config.error());
  auto authority = certs::CertificateAuthority::open_or_create(config->ca);
  if (!authority) return fail_with(authority.error());
  if (what == Show::pem) {
    fmt::print("{}", (*authority)->ca_pem());
  } else {
    fmt::print("{}\n", certs::CertificateAuthority::certificate_path(config->ca.folder).string());
  }
  return kDone;
}

void add_part(CLI::App& parent, Chosen& chosen, const char* name, const char* help, Show what) {
  auto* command = parent.add_subcommand(name, help);
  auto choice = std::make_shared<ConfigChoice>();
  add_config_options(*command, *choice, WithListen::no);
  command->callback([&chosen, choice, what] { chosen.action = [choice, what] { return show_ca(*choice, what); }; });
}

}  // namespace

void add_ca(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("ca", "Weir's certificate authority, made when there is none");
  command->require_subcommand(1);
  add_part(*command, chosen, "path", "Print the path of its certificate", Show::path);
  add_part(*command, chosen, "show", "Print its certificate (PEM)", Show::pem);
}

}  // namespace weir::cli
