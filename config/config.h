// SPDX-License-Identifier: Apache-2.0
// The whole configuration as one value: what each folder's Options struct says, put together.
#pragma once

#include <filesystem>
#include <vector>

#include "base/log.h"
#include "cas/options.h"
#include "certs/options.h"
#include "config/locations.h"
#include "hub/options.h"
#include "proxy/options.h"
#include "upstream/options.h"

namespace weir::config {

struct Config {
  proxy::Options proxy;
  bool proxy_names_given = false;  // proxy.names was said, be it what it is by itself
  upstream::OriginOptions origin;
  upstream::FetchOptions fetch;
  upstream::ReachOptions reach;
  std::vector<upstream::SourceOptions> sources = {upstream::origin_source()};  // the origin first
  cas::Options store;
  hub::MemoryOptions memory;
  certs::Options ca;  // its hosts are those of [intercept]
  log::Level log_level = log::Level::info;
  std::filesystem::path file;  // what was read; empty: defaults alone
};

// Every key at its default, with the store and the CA where `locations` says.
Config default_config(const Locations& locations);

}  // namespace weir::config
