// SPDX-License-Identifier: Apache-2.0
// What of the configuration a reload may change, and what is made of it.  Immutable: a worker has the latest for new
// connections and requests, a connection keeps the one that it began with.
#pragma once

#include <memory>

#include "base/disk_pool.h"
#include "base/result.h"
#include "certs/leaf_cache.h"
#include "proxy/authenticator.h"
#include "proxy/host_policy.h"
#include "proxy/options.h"

struct ssl_ctx_st;

namespace weir::proxy {

struct Settings {
  explicit Settings(Options its_options) : options(std::move(its_options)), policy(options.intercept, options.tunnel) {}

  const Options options;
  const HostPolicy policy;
  std::shared_ptr<Authenticator> users;  // null: clients need not say who they are
  std::shared_ptr<ssl_ctx_st> port_tls;  // null: the port is in clear; see port_identity()
};

// Reads the files that the options name.  What was remembered of passwords stays when the `running` settings (null:
// none) have the same users.  `peer_tls`: what serves peers on the same port.  The pool and the leaves must outlive the
// settings.  Errors: those of read_users and make_port_tls.
Result<std::shared_ptr<const Settings>> make_settings(const Options& options, const Settings* running, DiskPool& pool,
                                                      certs::LeafCache& leaves,
                                                      const std::shared_ptr<ssl_ctx_st>& peer_tls);

}  // namespace weir::proxy
