// SPDX-License-Identifier: Apache-2.0
// weir rm
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/command.h"
#include "cli/status_report.h"
#include "cli/store_access.h"
#include "cli/store_contents.h"
#include "cli/store_request.h"
#include "http/target.h"
#include "proxy/store_removal.h"

namespace weir::cli {
namespace {

using Json = nlohmann::json;

struct RmOptions {
  ConfigChoice config;
  std::string repo;
  std::vector<std::string> paths;
  bool json = false;
};

Result<std::string> remove_here(const config::Config& config, cas::BlobStore& store, const proxy::Removal& removal) {
  auto path = catalog_path(config.store.root);
  TRY_ASSIGN(auto catalog, hub::Catalog::open(path));
  TRY_ASSIGN(auto memory, hub::HubMemory::open(config.store.root, config.memory));
  return proxy::remove_files({store, *catalog, *memory, path, config.proxy.intercept.hosts}, removal);
}

Result<std::string> remove_there(const config::Config& config, const RunningServer& server,
                                 const proxy::Removal& removal) {
  auto target = "/-/rm?repo=" + http::percent_encode(removal.which.text());
  for (const auto& path : removal.paths) target += "&path=" + http::percent_encode(path);
  return ask_server(config, server, StoreRequest::change, target);
}

uint64_t number_at(const Json& json, const char* name) {
  auto number = json.find(name);
  return number != json.end() && number->is_number_unsigned() ? number->get<uint64_t>() : 0;
}

// What remove_files() answered, for people.
std::string removed_text(const std::string& repo, const Json& json) {
  std::string out;
  for (const auto& each : json.value("kept", Json::array()))
    out += fmt::format("stays: {}, for {}\n", each.value("sha256", ""), log::escaped(each.value("name", "")));
  return out + fmt::format("removed {} of {}: {}, {}\n", counted(number_at(json, "names"), "name"), repo,
                           counted(number_at(json, "count"), "blob"), show_bytes(number_at(json, "bytes")));
}

Result<std::string> remove(const config::Config& config, const RmOptions& options) {
  auto which = hub::parse_pin(options.repo);
  if (!which) return fail(which.error().in(options.repo));
  proxy::Removal removal{*which, options.paths};
  TRY_ASSIGN(auto access, reach_store(config, NoStore::refuse));
  TRY_ASSIGN(auto answer, access.server ? remove_there(config, *access.server, removal)
                                        : remove_here(config, *access.store, removal));
  auto json = Json::parse(answer, nullptr, false);
  if (!json.is_object()) return fail(ErrorCode::io, "the proxy's answer is not the JSON object that it should be");
  if (number_at(json, "names") == 0) return fail(ErrorCode::io, "no such file of " + options.repo + " is known");
  return options.json ? answer : removed_text(options.repo, json);
}

}  // namespace

void add_rm(Command& weir) {
  auto options = std::make_shared<RmOptions>();
  auto command = add_config_command(weir, "rm", "Remove a repository's files from the store, but for what others share",
                                    options, remove);
  command
      .operand("REPO", options->repo, "org/model, org/model@main, datasets/org/name, spaces/org/name",
               "REPO[@REVISION]")
      .required();
  command.operand("FILE", options->paths, "These paths alone", "FILE...");
  command.flag("--json", options->json, "As JSON");
}

}  // namespace weir::cli
