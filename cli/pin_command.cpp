// SPDX-License-Identifier: Apache-2.0
// weir pin, weir unpin
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/store_access.h"
#include "cli/store_contents.h"
#include "cli/store_request.h"
#include "http/target.h"
#include "hub/pins.h"

namespace weir::cli {
namespace {

enum class Change { pin, unpin };

struct PinOptions {
  ConfigChoice config;
  std::vector<std::string> repos;
};

Result<std::vector<hub::Pin>> parse_all(const std::vector<std::string>& texts) {
  std::vector<hub::Pin> pins;
  for (const auto& text : texts) {
    auto pin = hub::parse_pin(text);
    if (!pin) return fail(pin.error().in(text));
    pins.push_back(std::move(*pin));
  }
  return pins;
}

std::string outcome(Change change, const hub::Pin& pin, bool changed) {
  if (change == Change::pin) return fmt::format("{} {}\n", changed ? "pinned" : "already pinned:", pin.text());
  return fmt::format("{} {}\n", changed ? "unpinned" : "not pinned:", pin.text());
}

Result<bool> change_there(const config::Config& config, const RunningServer& server, Change change,
                          const hub::Pin& pin) {
  auto path = std::string("/-/pins/") + (change == Change::pin ? "add" : "remove") +
              "?repo=" + http::percent_encode(pin.text());
  TRY_ASSIGN(auto answer, ask_server(config, server, StoreRequest::change, path));
  auto json = nlohmann::json::parse(answer, nullptr, false);
  return json.is_object() && json.value("changed", false);
}

Result<bool> change_here(hub::Pins& pins, Change change, const hub::Pin& pin) {
  return change == Change::pin ? pins.add(pin) : pins.remove(pin);
}

// A pin may come before the first file: it makes the store that the configuration names, as the first download would.
// A folder named for this one command is expected to hold a store.
NoStore without_store(const PinOptions& options, Change change) {
  return change == Change::pin && options.config.store.empty() ? NoStore::make : NoStore::refuse;
}

Result<std::string> change_pins(const config::Config& config, const PinOptions& options, Change change) {
  TRY_ASSIGN(auto wanted, parse_all(options.repos));
  TRY_ASSIGN(auto access, reach_store(config, without_store(options, change)));
  auto catalog = catalog_path(config.store.root);
  hub::Pins pins(hub::pins_beside(catalog), catalog);
  std::string out;
  for (const auto& pin : wanted) {
    TRY_ASSIGN(bool changed,
               access.server ? change_there(config, *access.server, change, pin) : change_here(pins, change, pin));
    out += outcome(change, pin, changed);
  }
  return out;
}

Result<std::string> list_pins(const config::Config& config, const PinOptions& options) {
  if (!options.config.store.empty()) TRY(check_store(config.store.root));
  auto catalog = catalog_path(config.store.root);
  hub::Pins pins(hub::pins_beside(catalog), catalog);
  TRY_ASSIGN(auto listed, pins.list());
  std::string out;
  for (const auto& pin : listed) out += pin.text() + "\n";
  return out;
}

Result<std::string> pin(const config::Config& config, const PinOptions& options) {
  return options.repos.empty() ? list_pins(config, options) : change_pins(config, options, Change::pin);
}

Result<std::string> unpin(const config::Config& config, const PinOptions& options) {
  return change_pins(config, options, Change::unpin);
}

Option add_repos(Command& command, PinOptions& options) {
  return command.operand("REPO", options.repos, "org/model, org/model@main, datasets/org/name, spaces/org/name",
                         "REPO[@REVISION]...");
}

}  // namespace

void add_pin(Command& weir) {
  auto options = std::make_shared<PinOptions>();
  auto pinning = add_config_command(
      weir, "pin", "Keep the files of repositories whatever room is needed; without one, list them", options, pin);
  add_repos(pinning, *options);
  auto unpinning =
      add_config_command(weir, "unpin", "Let the files of repositories go again when room is needed", options, unpin);
  add_repos(unpinning, *options).required();
}

}  // namespace weir::cli
