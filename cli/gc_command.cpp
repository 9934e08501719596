// SPDX-License-Identifier: Apache-2.0
// weir gc
#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/gc_report.h"
#include "cli/store_access.h"
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

Result<std::string> collect_here(const config::Config& config, cas::BlobStore& store, cas::Collect mode,
                                 std::optional<uint64_t> max_size) {
  auto catalog = catalog_path(config.store.root);
  auto pins = std::make_shared<hub::Pins>(hub::pins_beside(catalog), catalog);
  store.set_pins([pins] { return pins->blobs(); });
  return proxy::collect_answer(store.space(), mode, max_size);
}

Result<std::string> collect_there(const config::Config& config, const RunningServer& server, cas::Collect mode,
                                  std::optional<uint64_t> max_size) {
  std::string path = "/-/gc?";
  if (mode == cas::Collect::dry_run) path += "dry_run=1&";
  if (max_size) path += "max_size=" + std::to_string(*max_size);
  return ask_server(config, server, StoreRequest::change, path);
}

Result<std::string> gc(const config::Config& config, const GcOptions& options) {
  std::optional<uint64_t> max_size;
  if (!options.max_size.empty()) {
    TRY_ASSIGN(max_size, parse_limit(options.max_size));
  }
  auto mode = options.dry_run ? cas::Collect::dry_run : cas::Collect::for_real;
  TRY_ASSIGN(auto access, reach_store(config, NoStore::refuse));
  TRY_ASSIGN(auto answer, access.server ? collect_there(config, *access.server, mode, max_size)
                                        : collect_here(config, *access.store, mode, max_size));
  if (options.json) return answer;
  return collected_text(answer, config.store.root, options.dry_run ? Tense::would_remove : Tense::removed);
}

}  // namespace

void add_gc(Command& weir) {
  auto options = std::make_shared<GcOptions>();
  auto command =
      add_config_command(weir, "gc", "Bring the store under its limits now, and say what was removed", options, gc);
  command.option("--max-size", options->max_size, "For once, in place of store.max_size", "SIZE");
  command.flag("--dry-run", options->dry_run, "Say what would be removed, and remove nothing");
  command.flag("--json", options->json, "As JSON");
}

}  // namespace weir::cli
