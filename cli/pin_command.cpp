// SPDX-License-Identifier: Apache-2.0
// weir pin, weir unpin
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cas/blob_store.h"
#include "cli/command.h"
#include "cli/running_server.h"
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

Result<std::string> change_pins(const PinOptions& options, Change change) {
  TRY_ASSIGN(auto config, load_config(options.config));
  TRY_ASSIGN(auto wanted, parse_all(options.repos));
  TRY_ASSIGN(auto server, find_server(config.store.root));
  std::unique_ptr<cas::BlobStore> store;
  if (!server) {
    // Its lock keeps a proxy from starting meanwhile.
    TRY_ASSIGN(store, cas::BlobStore::open(config.store));
  }
  auto catalog = catalog_path(config.store.root);
  hub::Pins pins(hub::pins_beside(catalog), catalog);
  std::string out;
  for (const auto& pin : wanted) {
    TRY_ASSIGN(bool changed, server ? change_there(config, *server, change, pin) : change_here(pins, change, pin));
    out += outcome(change, pin, changed);
  }
  return out;
}

Result<std::string> list_pins(const PinOptions& options) {
  TRY_ASSIGN(auto config, load_config(options.config));
  auto catalog = catalog_path(config.store.root);
  hub::Pins pins(hub::pins_beside(catalog), catalog);
  TRY_ASSIGN(auto listed, pins.list());
  std::string out;
  for (const auto& pin : listed) out += pin.text() + "\n";
  return out;
}

int print(const Result<std::string>& text) {
  if (!text) return fail_with(text.error());
  fmt::print("{}", *text);
  return kDone;
}

constexpr auto kRepo = "org/model, org/model@main, datasets/org/name, spaces/org/name";

}  // namespace

void add_pin(CLI::App& app, Chosen& chosen) {
  auto* pin =
      app.add_subcommand("pin", "Keep the files of repositories whatever room is needed; without one, list them");
  auto options = std::make_shared<PinOptions>();
  add_config_options(*pin, options->config, WithListen::no);
  pin->add_option("REPO", options->repos, kRepo)->type_name("REPO[@REVISION]...");
  pin->callback([&chosen, options] {
    chosen.action = [options] {
      return print(options->repos.empty() ? list_pins(*options) : change_pins(*options, Change::pin));
    };
  });

  auto* unpin = app.add_subcommand("unpin", "Let the files of repositories go again when room is needed");
  auto unpinned = std::make_shared<PinOptions>();
  add_config_options(*unpin, unpinned->config, WithListen::no);
  unpin->add_option("REPO", unpinned->repos, kRepo)->type_name("REPO[@REVISION]...")->required();
  unpin->callback(
      [&chosen, unpinned] { chosen.action = [unpinned] { return print(change_pins(*unpinned, Change::unpin)); }; });
}

}  // namespace weir::cli
