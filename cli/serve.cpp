// SPDX-License-Identifier: Apache-2.0
#include "cli/serve.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "certs/bundle.h"
#include "cli/ca_watch.h"
#include "cli/command.h"
#include "cli/parent.h"
#include "cli/reloader.h"
#include "cli/run_guard.h"
#include "cli/service_manager.h"
#include "cli/trust.h"
#include "proxy/server.h"

namespace weir::cli {
namespace {

// Weir's name in Via: the same after a restart, another on each installation.
Result<std::string> installation_name(const std::filesystem::path& folder) {
  auto path = folder / "installation";
  // A link may be how the folder is mounted.
  auto stored = read_regular_file(path, Links::follow, 256);
  if (stored && *stored && (*stored)->starts_with("weir-") && (*stored)->find('\n') == (*stored)->size() - 1)
    return (*stored)->substr(0, (*stored)->size() - 1);
  if (!stored && stored.error().code != ErrorCode::invalid) return fail(stored.error());
  if (!stored) {
    log::warning("{}: it is set aside, and Weir gives itself another name in Via", stored.error().message);
    TRY(set_aside(path));
  }
  auto name = "weir-" + to_hex(random_bytes(8));
  TRY(write_file_atomically(path, name + "\n", 0644));
  return name;
}

// The roots towards the origin: the company's or the system's, and what the configuration adds; never a CA of Weir's
// own.
Result<std::string> origin_trust(const config::Config& config, const std::string& own_cas) {
  auto roots = origin_roots(current_environment(), config.ca.folder);
  for (const auto& warning : roots.warnings) log::warning("{}", warning);
  TRY_ASSIGN(auto trusted, certs::trusted_roots(roots.files, own_cas));
  if (config.origin.ca_file.empty()) return trusted;
  TRY_ASSIGN(auto added, certs::trusted_roots({config.origin.ca_file}, own_cas));
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

Result<std::unique_ptr<certs::CertificateAuthority>> open_authority(const certs::Options& options) {
  auto authority = certs::CertificateAuthority::open_or_create(options);
  if (!authority && authority.error().code == ErrorCode::read_only)
    authority.error().message +=
        "; there is no CA yet: make the file system writable for the first start, or give another folder for it "
        "(ca.path)";
  return authority;
}

Result<std::unique_ptr<proxy::Server>> make_server(const config::Config& config, ServeFor whom) {
  TRY(proxy::Server::check_room(config.proxy.listen));
  TRY_ASSIGN(auto store, cas::BlobStore::open(config.store));
  TRY_ASSIGN(auto catalog, hub::Catalog::open(config.store.root / "catalog.db"));
  TRY_ASSIGN(auto memory, hub::HubMemory::open(config.store.root, config.memory));
  TRY_ASSIGN(auto authority, open_authority(config.ca));
  proxy::ServerSetup setup;
  setup.options = config.proxy;
  setup.origin = config.origin;
  setup.fetch = config.fetch;
  setup.reach = config.reach;
  setup.sources = config.sources;
  setup.store_path = config.store.root;
  setup.store = config.store;
  setup.gc_schedule = config.store.gc_schedule;
  TRY_ASSIGN(setup.trusted_roots, origin_trust(config, authority->own_pem()));
  TRY_ASSIGN(setup.pseudonym, installation_name(config.ca.folder));
  TRY_ASSIGN(setup.peer, peer::Identity::open_or_create(config.ca.folder));
  setup.peer_folder = config.ca.folder;
  TRY_ASSIGN(auto listener,
             proxy::Server::listen(setup.options.listen.listen,
                                   whom == ServeFor::runs ? proxy::PortTaken::use_another : proxy::PortTaken::fail));
  TRY_ASSIGN(auto listening, proxy::bound_endpoint(listener.get()));
  TRY_ASSIGN(setup.origin.parent, parent_route(config, listening, setup.pseudonym));
  return proxy::Server::create(std::move(setup), std::move(listener), std::move(store), std::move(catalog),
                               std::move(memory), std::move(authority));
}

// A proxy has many connections and files: all descriptors that the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string status_line(const proxy::Server& server) {
  return "Serving on " + server.listening().text();
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

// A terminal that was closed sends SIGHUP as well: a proxy that was started in it ends with it, unless under nohup.
class Terminal {
 public:
  bool was_closed() const { return had_one_ && !has_one(); }

 private:
  static bool is_ignored() {
    struct sigaction action {};
    return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }
  static bool has_one() { return UniqueFd(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)).get() >= 0; }
  bool had_one_ = has_one() && !is_ignored();
};

// Until it goes, a signal that comes waits.
class HeldSignal {
 public:
  explicit HeldSignal(int number) {
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, number);
    ::pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldSignal() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignal(const HeldSignal&) = delete;
  HeldSignal& operator=(const HeldSignal&) = delete;

 private:
  sigset_t before_;
};

// What a disk that hangs has not taken by then it does not take at all.  The next start settles it as after a kill.
constexpr std::chrono::seconds kDiskPatience{20};

void give_up(int) {
  constexpr std::string_view kWhy = "weir: the disk does not answer; ended without it\n";
  (void)!::write(STDERR_FILENO, kWhy.data(), kWhy.size());
  ::_exit(kFailed);
}

// Even if a thread is never heard of again.
void end_within(std::chrono::seconds time) {
  std::signal(SIGALRM, give_up);
  ::alarm(static_cast<unsigned>(time.count()));
}

// The signals of a running proxy.
class Signals {
 public:
  Signals(proxy::Server& server, Reloader reloader, const ServiceManager& manager, const Terminal& terminal)
      : server_(server),
        reloader_(std::move(reloader)),
        manager_(manager),
        terminal_(terminal),
        terminate_(server.loop(), SIGTERM, [this] { stop(); }),
        interrupt_(server.loop(), SIGINT, [this] { stop(); }),
        hang_up_(server.loop(), SIGHUP, [this] { hang_up(); }) {}

  void stop() {
    manager_.stopping();
    server_.stop();
    bool at_once = std::exchange(stopping_, true);
    end_within(kDiskPatience +
               std::chrono::ceil<std::chrono::seconds>(at_once ? Duration{} : server_.shutdown_timeout()));
  }

 private:
  void hang_up() {
    if (terminal_.was_closed()) return stop();
    manager_.reloading();
    reloader_.reload();
    manager_.ready(status_line(server_));
  }

  proxy::Server& server_;
  Reloader reloader_;
  const ServiceManager& manager_;
  Terminal terminal_;
  bool stopping_ = false;
  SignalWatch terminate_;
  SignalWatch interrupt_;
  SignalWatch hang_up_;
};

}  // namespace

int serve(config::Config config, ServeFor whom, const std::string& options, Reloader::Load load) {
  log::set_level(config.log_level);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  raise_descriptor_limit();
  Terminal terminal;
  // Who asks for a reload while Weir starts does not mean to end it.
  std::optional<HeldSignal> held(SIGHUP);
  auto server = make_server(config, whom);
  if (!server) {
    // One that waits would end it before the error is told.
    std::signal(SIGHUP, SIG_IGN);
    return fail_with(server.error());
  }
  auto& proxy = **server;
  ServiceManager manager(whom == ServeFor::itself ? current_environment() : Environment());
  Signals signals(proxy, Reloader(proxy, config, std::move(load)), manager, terminal);
  held.reset();
  std::unique_ptr<RunWatch> runs;
  if (whom == ServeFor::runs) {
    auto watch = RunWatch::start(config.store.root, [&proxy] { proxy.stop(); });
    if (!watch) return fail_with(watch.error());
    runs = std::move(*watch);
  }
  CaWatch ca_watch(proxy.loop(), proxy.authority());
  announce(proxy, options);
  manager.ready(status_line(proxy));
  proxy.run();
  log::info("ended");
  return kDone;
}

}  // namespace weir::cli
