// SPDX-License-Identifier: Apache-2.0
// weir import
#include <fmt/core.h>
#include <unistd.h>

#include <memory>

#include "base/log.h"
#include "cli/command.h"
#include "cli/hub_folder.h"
#include "cli/importer.h"
#include "cli/running_server.h"
#include "cli/store_contents.h"
#include "cli/verification.h"

namespace weir::cli {
namespace {

struct ImportOptions {
  ConfigChoice config;
  std::string folder;
};

Result<void> refuse_while_served(const config::Config& config) {
  TRY_ASSIGN(auto server, find_server(config));
  if (!server) return {};
  return fail(ErrorCode::busy, fmt::format("{} serves the store {}: stop it, import, and start it again",
                                           holder(*server), config.store.root.string()));
}

Result<int> import_folder(const config::Config& config, const ImportOptions& options) {
  log::set_level(log::Level::error);
  TRY(refuse_while_served(config));
  auto folder =
      options.folder.empty() ? default_hub_folder(current_environment()) : std::filesystem::path(options.folder);
  TRY_ASSIGN(auto found, read_hub_folder(folder));
  TRY_ASSIGN(auto store, cas::BlobStore::open(config.store));
  auto path = catalog_path(config.store.root);
  TRY_ASSIGN(auto catalog, hub::Catalog::open(path));
  store->set_pins([&catalog = *catalog] { return catalog.pinned_blobs(); });
  bool shows = ::isatty(STDERR_FILENO) == 1;
  Importer importer(*store, *catalog, path, config.proxy.intercept.hosts.front());
  auto result = importer.import(found, [&](uint64_t blobs, uint64_t all_blobs, uint64_t bytes, uint64_t all_bytes) {
    if (shows) fmt::print(stderr, "\r\033[K{}", progress_line(blobs, all_blobs, bytes, all_bytes));
  });
  if (shows) fmt::print(stderr, "\r\033[K");
  TRY_ASSIGN(auto imported, std::move(result));
  fmt::print("{}", imported_text(imported));
  return imported.wrong.empty() ? kDone : kFailed;
}

}  // namespace

void add_import(Command& weir) {
  auto options = std::make_shared<ImportOptions>();
  auto command = add_config_command(
      weir, "import", "Take in what huggingface_hub has downloaded; 1 is the exit code when some of it is damaged",
      options, import_folder);
  command.operand("HF_HUB_CACHE_DIR", options->folder,
                  "The folder with models--org--name (else $HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub)",
                  "DIR");
}

}  // namespace weir::cli
