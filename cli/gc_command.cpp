// SPDX-License-Identifier: Apache-2.0
// weir gc
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cas/blob_store.h"
#include "cli/command.h"
#include "cli/gc_report.h"
#include "cli/running_server.h"
#include "cli/store_contents.h"
#include "cli/store_request.h"
#include "config/values.h"
#include "hub/pins.h"
#include "proxy/store_admin.h"

namespace weir::cli {
namespace {

struct GcOptions {
  ConfigChoice config;
  std::string max_size;
  bool dry_run = false;
  bool json = false;
};

// "100GiB" or a number of bytes.
Result<uint64_t> parse_limit(const std::string& text) {
  bool unit = text.find_first_not_of("0123456789") != std::string::npos;
  auto bytes = config::parse_size(unit ? text : text + "B");
  if (!bytes || *bytes == 0)
    return fail(ErrorCode::invalid, "--max-size: expected a size such as 100GiB, or a number of bytes");
  return *bytes;
}

Result<std::string> collect_here(const config::Config& config, cas::Collect mode, std::optional<uint64_t> max_size) {
  TRY_ASSIGN(auto store, cas::BlobStore::open(config.store));
  auto catalog = catalog_path(config.store.root);
  hub::Pins pins(hub::pins_beside(catalog), catalog);
  store->set_pins([&pins] { return pins.blobs(); });
  return proxy::collect_answer(store->space(), mode, max_size);
}

Result<std::string> collect_there(const config::Config& config, const RunningServer& server, cas::Collect mode,
                                  std::optional<uint64_t> max_size) {
  std::string path = "/-/gc?";
  if (mode == cas::Collect::dry_run) path += "dry_run=1&";
  if (max_size) path += "max_size=" + std::to_string(*max_size);
  return ask_server(config, server, StoreRequest::change, path);
}

Result<std::string> gc(const GcOptions& options) {
  TRY_ASSIGN(auto config, load_config(options.config));
  std::optional<uint64_t> max_size;
  if (!options.max_size.empty()) {
    TRY_ASSIGN(max_size, parse_limit(options.max_size));
  }
  auto mode = options.dry_run ? cas::Collect::dry_run : cas::Collect::for_real;
  TRY_ASSIGN(auto server, find_server(config.store.root));
  TRY_ASSIGN(auto answer,
             server ? collect_there(config, *server, mode, max_size) : collect_here(config, mode, max_size));
  if (options.json) return answer;
  return collected_text(answer, config.store.root, options.dry_run ? Tense::would_remove : Tense::removed);
}

}  // namespace

void add_gc(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("gc", "Bring the store under its limits now, and say what was removed");
  auto options = std::make_shared<GcOptions>();
  add_config_options(*command, options->config, WithListen::no);
  command->add_option("--max-size", options->max_size, "For once, in place of store.max_size")->type_name("SIZE");
  command->add_flag("--dry-run", options->dry_run, "Say what would be removed, and remove nothing");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([&chosen, options] {
    chosen.action = [options] {
      auto text = gc(*options);
      if (!text) return fail_with(text.error());
      fmt::print("{}", *text);
      return kDone;
    };
  });
}

}  // namespace weir::cli
