// SPDX-License-Identifier: Apache-2.0
#include "proxy/settings.h"

#include "proxy/port_tls.h"

namespace weir::proxy {
namespace {

Result<std::shared_ptr<Authenticator>> make_authenticator(const Options& options, const Settings* running,
                                                          DiskPool& pool) {
  auto users = read_users(options.listen.users);
  if (!users) return fail(users.error().in("proxy.users"));
  auto most_waiting = options.limits.password_checks;
  bool same =
      running && running->users && running->users->users() == *users && running->users->most_waiting() == most_waiting;
  if (same) return running->users;
  return std::make_shared<Authenticator>(std::move(*users), most_waiting, pool);
}

}  // namespace

Result<std::shared_ptr<const Settings>> make_settings(const Options& options, const Settings* running, DiskPool& pool,
                                                      certs::LeafCache& leaves,
                                                      const std::shared_ptr<ssl_ctx_st>& peer_tls) {
  auto settings = std::make_shared<Settings>(options);
  if (!options.listen.users.empty()) {
    TRY_ASSIGN(settings->users, make_authenticator(options, running, pool));
  }
  if (auto identity = port_identity(options)) {
    TRY_ASSIGN(settings->port_tls, make_port_tls(*identity, leaves, peer_tls));
  }
  return settings;
}

}  // namespace weir::proxy
