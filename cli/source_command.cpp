// SPDX-License-Identifier: Apache-2.0
// weir source
#include <fmt/core.h>

#include <CLI/CLI.hpp>
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

Result<std::string> list_sources(const SourceLsOptions& options) {
  TRY_ASSIGN(auto config, load_config(options.config));
  TRY_ASSIGN(auto server, find_server(config.store.root));
  if (!server) return options.json ? configured_sources_json(config.sources) : configured_sources_text(config.sources);
  TRY_ASSIGN(auto page, read_own_page(config, *server, "/-/sources"));
  return options.json ? Result<std::string>(std::move(page)) : sources_text(page);
}

}  // namespace

void add_source(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("source", "The places that missing files come from ([[source]])");
  command->require_subcommand(1);
  auto* list = command->add_subcommand("ls", "Show each source: how it does, what it served and what it is blamed for");
  auto options = std::make_shared<SourceLsOptions>();
  add_config_options(*list, options->config, WithListen::no);
  list->add_flag("--json", options->json, "As JSON; \"state\" is null when no proxy runs");
  list->callback([&chosen, options] {
    chosen.action = [options] {
      auto text = list_sources(*options);
      if (!text) return fail_with(text.error());
      fmt::print("{}", *text);
      return kDone;
    };
  });
}

}  // namespace weir::cli
