// SPDX-License-Identifier: Apache-2.0
#include "cli/serve.h"

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "certs/bundle.h"
#include "cli/command.h"
#include "cli/parent.h"
#include "cli/run_guard.h"
#include "cli/trust.h"
#include "proxy/server.h"

namespace weir::cli {
namespace {

// Weir's name in Via: the same after a restart, another on each installation.
Result<std::string> installation_name(const std::filesystem::path& folder) {
  auto path = folder / "installation";
  TRY_ASSIGN(auto stored, read_file(path, 256));
  if (stored && stored->starts_with("weir-") && stored->find('\n') == stored->size() - 1)
    return stored->substr(0, stored->size() - 1);
  auto name = "weir-" + to_hex(random_bytes(8));
  TRY(write_file_atomically(path, name + "\n", 0644));
  return name;
}

// The roots towards the origin: the company's or the system's, and what the configuration adds; never Weir's own CA.
Result<std::string> origin_trust(const config::Config& config, const std::string& own_ca) {
  auto roots = origin_roots(current_environment(), config.ca.folder);
  for (const auto& warning : roots.warnings) log::warning("{}", warning);
  TRY_ASSIGN(auto trusted, certs::trusted_roots(roots.files, own_ca));
  if (config.origin.ca_file.empty()) return trusted;
  TRY_ASSIGN(auto added, certs::trusted_roots({config.origin.ca_file}, own_ca));
  return trusted + added;
}

// The proxy that Weir itself goes through.
Result<upstream::ParentRoute> parent_route(const config::Config& config, const Endpoint& listening,
                                           const std::string& pseudonym) {
  auto own = own_endpoints(listening);
  // A weir run may have found the port of the configuration taken; what names that port was still meant for Weir.
  own.push_back(config.proxy.listen.listen);
  TRY_ASSIGN(auto choice, choose_parent(config.origin.proxy, current_environment(), own));
  for (const auto& warning : choice.warnings) log::warning("{}", warning);
  auto& proxy = choice.route.proxy;
  if (proxy) log::info("requests and tunnels go through the proxy {} that {} names", proxy->text(), choice.source);
  choice.route.pseudonym = pseudonym;
  return std::move(choice.route);
}

Result<std::unique_ptr<proxy::Server>> make_server(const config::Config& config, ServeFor whom) {
  TRY_ASSIGN(auto store, cas::BlobStore::open(config.store));
  TRY_ASSIGN(auto catalog, hub::Catalog::open(config.store.root / "catalog.db"));
  TRY_ASSIGN(auto authority, certs::CertificateAuthority::open_or_create(config.ca));
  proxy::ServerSetup setup;
  setup.options = config.proxy;
  setup.origin = config.origin;
  setup.fetch = config.fetch;
  setup.reach = config.reach;
  setup.store_path = config.store.root;
  TRY_ASSIGN(setup.trusted_roots, origin_trust(config, authority->ca_pem()));
  TRY_ASSIGN(setup.pseudonym, installation_name(config.ca.folder));
  TRY_ASSIGN(auto listener,
             proxy::Server::listen(setup.options.listen.listen,
                                   whom == ServeFor::runs ? proxy::PortTaken::use_another : proxy::PortTaken::fail));
  TRY_ASSIGN(auto listening, proxy::bound_endpoint(listener.get()));
  TRY_ASSIGN(setup.origin.parent, parent_route(config, listening, setup.pseudonym));
  return proxy::Server::create(std::move(setup), std::move(listener), std::move(store), std::move(catalog),
                               std::move(authority));
}

// A proxy has many connections and files: all descriptors that the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void announce(const proxy::Server& server, const std::string& options) {
  std::error_code error;
  auto program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) program = "weir";
  std::printf(
      "Weir serves on %s.  To use it in a shell:  eval \"$(%s env%s)\"   or for one command:  %s run%s -- hf download "
      "org/model\n",
      server.listening().text().c_str(), program.c_str(), options.c_str(), program.c_str(), options.c_str());
  std::fflush(stdout);
}

}  // namespace

int serve(config::Config config, ServeFor whom, const std::string& options) {
  log::set_level(config.log_level);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  raise_descriptor_limit();
  auto server = make_server(config, whom);
  if (!server) return fail_with(server.error());
  auto& proxy = **server;
  SignalWatch terminate(proxy.loop(), SIGTERM, [&proxy] { proxy.stop(); });
  SignalWatch interrupt(proxy.loop(), SIGINT, [&proxy] { proxy.stop(); });
  std::unique_ptr<RunWatch> runs;
  if (whom == ServeFor::runs) {
    auto watch = RunWatch::start(config.store.root, [&proxy] { proxy.stop(); });
    if (!watch) return fail_with(watch.error());
    runs = std::move(*watch);
  }
  announce(proxy, options);
  proxy.run();
  log::info("ended");
  return kDone;
}

}  // namespace weir::cli
