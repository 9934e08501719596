// SPDX-License-Identifier: Apache-2.0
// weir source
#include <memory>

#include "cli/command.h"
#include "cli/own_page.h"
#include "cli/running_server.h"
#include "cli/source_report.h"

namespace weir::cli {
namespace {

struct SourceLsOptions {
  ConfigChoice config;
  bool json = false;
};

Result<std::string> list_sources(const config::Config& config, const SourceLsOptions& options) {
  TRY_ASSIGN(auto server, find_server(config));
  if (!server) return options.json ? configured_sources_json(config.sources) : configured_sources_text(config.sources);
  TRY_ASSIGN(auto page, read_own_page(config, *server, "/-/sources"));
  return options.json ? Result<std::string>(std::move(page)) : sources_text(page);
}

}  // namespace

void add_source(Command& weir) {
  auto source = weir.subcommand("source", "The places that missing files come from ([[source]])");
  auto options = std::make_shared<SourceLsOptions>();
  auto ls = add_config_command(source, "ls", "Show each source: how it does, what it served and what it is blamed for",
                               options, list_sources);
  ls.flag("--json", options->json, "As JSON; \"state\" is null when no proxy runs");
}

}  // namespace weir::cli
