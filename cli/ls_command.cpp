// SPDX-License-Identifier: Apache-2.0
// weir ls
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/status_report.h"
#include "cli/store_contents.h"
#include "cli/store_request.h"

namespace weir::cli {
namespace {

struct LsOptions {
  ConfigChoice config;
  std::string repo;
  std::vector<std::string> paths;
  bool json = false;
};

Result<std::string> list_repo(const config::Config& config, const LsOptions& options) {
  auto which = hub::parse_pin(options.repo);
  if (!which) return fail(which.error().in(options.repo));
  TRY_ASSIGN(auto files, held_files(config.store.root, *which, options.paths));
  return options.json ? held_files_json(files) : held_files_text(files);
}

// Has the proxy that serves the store write down what it learnt last.  One that does not answer keeps nothing from
// being listed.
Result<void> settle(const config::Config& config) {
  TRY_ASSIGN(auto server, find_server(config));
  if (server && server->address) (void)ask_server(config, *server, StoreRequest::change, "/-/sync");
  return {};
}

Result<std::string> list(const config::Config& config, const LsOptions& options) {
  TRY(settle(config));
  if (!options.repo.empty()) return list_repo(config, options);
  TRY_ASSIGN(auto blobs, list_blobs(config.store.root));
  TRY(add_names(config.store.root, blobs));
  return options.json ? blobs_json(blobs) : blobs_text(blobs);
}

}  // namespace

void add_ls(Command& weir) {
  auto options = std::make_shared<LsOptions>();
  auto command = add_config_command(
      weir, "ls", "List the blobs, and the repositories, revisions and paths that name them", options, list);
  auto repo = command.option("--repo", options->repo, "The files of this repository alone, and where their bytes stand",
                             "REPO[@REVISION]");
  command.operand("FILE", options->paths, "With --repo: these paths alone", "FILE...").needs(repo);
  command.flag("--json", options->json, "As JSON");
}

}  // namespace weir::cli
