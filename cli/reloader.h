// SPDX-License-Identifier: Apache-2.0
// Has a running proxy take up its changed configuration.  On the thread of Server::run(); blocks for some small files.
#pragma once

#include <functional>

#include "base/result.h"
#include "config/config.h"
#include "proxy/server.h"

namespace weir::cli {

class Reloader {
 public:
  using Load = std::function<Result<config::Config>()>;

  // `running` is what the server was made of; `load` reads the configuration as it is now.
  Reloader(proxy::Server& server, config::Config running, Load load)
      : server_(server), running_(std::move(running)), load_(std::move(load)) {}

  // Says in the log what changed and what needs a restart.  When the configuration is wrong, all stays as it was.
  void reload();

 private:
  Result<void> take_up();

  proxy::Server& server_;
  config::Config running_;
  Load load_;
};

}  // namespace weir::cli
