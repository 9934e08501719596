// SPDX-License-Identifier: Apache-2.0
#include "cli/borrowed_proxy.h"

#include <vector>

#include "cas/layout.h"
#include "cli/proxy_starter.h"

namespace weir::cli {

Result<BorrowedProxy> borrow_proxy(const config::Config& config) {
  TRY(cas::make_root(cas::Layout(config.store.root)));
  TRY_ASSIGN(auto lease, RunLease::take(config.store.root));
  std::vector<std::string> words{"--store", config.store.root.string()};
  if (!config.file.empty()) words.insert(words.end(), {"--config", config.file.string()});
  TRY_ASSIGN(auto address, ensure_proxy(config, words));
  return BorrowedProxy{std::move(lease), contact_of(config, address)};
}

}  // namespace weir::cli
