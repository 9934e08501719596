// SPDX-License-Identifier: Apache-2.0
// weir status
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/own_page.h"
#include "cli/running_server.h"
#include "cli/status_report.h"
#include "cli/store_contents.h"

namespace weir::cli {
namespace {

struct StatusOptions {
  ConfigChoice config;
  bool json = false;
};

enum class Format { text, json };

Result<std::string> status_of_server(const config::Config& config, const RunningServer& server, Format format) {
  TRY_ASSIGN(auto page, read_own_page(config, server, "/-/status"));
  return format == Format::json ? Result<std::string>(std::move(page)) : status_text(page);
}

Result<std::string> status_of_store(const std::filesystem::path& root, Format format) {
  TRY_ASSIGN(auto blobs, list_blobs(root));
  uint64_t bytes = 0;
  for (const auto& blob : blobs) bytes += blob.size;
  if (format == Format::text)
    return fmt::format("no proxy runs on this store\nstore     {}, {} in {}\n", counted(blobs.size(), "blob"),
                       show_bytes(bytes), root.string());
  nlohmann::json store = {{"path", root.string()}, {"blobs", blobs.size()}, {"bytes", bytes}};
  nlohmann::json status = {{"pid", nullptr}, {"store", std::move(store)}};
  return status.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<std::string> status(const config::Config& config, const StatusOptions& options) {
  auto format = options.json ? Format::json : Format::text;
  TRY_ASSIGN(auto server, find_server(config));
  return server ? status_of_server(config, *server, format) : status_of_store(config.store.root, format);
}

}  // namespace

void add_status(Command& weir) {
  auto options = std::make_shared<StatusOptions>();
  auto command = add_config_command(weir, "status", "Show what runs, what the store holds, and what it has saved",
                                    options, status);
  command.flag("--json", options->json, "As JSON; \"pid\" is null when no proxy runs");
}

}  // namespace weir::cli
