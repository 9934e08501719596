// SPDX-License-Identifier: Apache-2.0
#include "proxy/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/threads.h"

namespace weir::proxy {
namespace {

// Last-use times are written so often; a crash loses no more than that.
constexpr Duration kFlushInterval{30'000};
// While the store takes no bytes: so often it is tried again.
constexpr Duration kProbeInterval{2'000};
constexpr Duration kDrainStep{20};
constexpr size_t kDiskThreads = 4;
// Open files before the first client comes, as counted in a running proxy: its own and each worker's.
constexpr int kFilesAtRest = 28;
constexpr int kFilesOfWorker = 9;
// Threads beside workers and disk pool: the fetch loop, the writers of catalog and metadata, the scrub, the watch for
// runs, and one for libcurl, which looks names up.
constexpr size_t kOtherThreads = 6;

size_t worker_count(size_t configured) {
  return configured > 0 ? configured : std::max(1u, std::thread::hardware_concurrency());
}

std::function<bool(std::string_view)> intercepted_by(const Options& options) {
  return [policy = HostPolicy(options.intercept, options.tunnel)](std::string_view host) {
    return policy.intercepts(host);
  };
}

}  // namespace

Result<void> Server::check_room(const ListenOptions& options) {
  auto workers = worker_count(options.workers);
  TRY(check_descriptors(kFilesAtRest + kFilesOfWorker * static_cast<int>(workers)));
  return check_threads(workers + kDiskThreads + kOtherThreads);
}

Result<UniqueFd> Server::listen(const Endpoint& endpoint, PortTaken taken) {
  auto listener = listen_on(endpoint);
  bool elsewhere = !listener && listener.error().code == ErrorCode::busy && taken == PortTaken::use_another;
  return elsewhere ? listen_on({endpoint.address, 0}) : std::move(listener);
}

Result<std::unique_ptr<Server>> Server::create(ServerSetup setup, UniqueFd listener,
                                               std::unique_ptr<cas::BlobStore> store,
                                               std::unique_ptr<hub::Catalog> catalog,
                                               std::unique_ptr<hub::HubMemory> memory,
                                               std::unique_ptr<certs::CertificateAuthority> authority) {
  TRY_ASSIGN(auto listening, bound_endpoint(listener.get()));
  TRY(store->set_lock_note(listening.text()));
  TRY_ASSIGN(auto peer_tls, make_peer_tls(setup.peer));
  std::unique_ptr<Server> server(new Server(std::move(setup), std::move(listener), listening, std::move(store),
                                            std::move(catalog), std::move(memory), std::move(authority),
                                            std::move(peer_tls)));
  TRY(server->acceptor_->check_room());
  TRY(server->use(server->setup_.options));
  return server;
}

Server::Server(ServerSetup setup, UniqueFd listener, Endpoint listening, std::unique_ptr<cas::BlobStore> store,
               std::unique_ptr<hub::Catalog> catalog, std::unique_ptr<hub::HubMemory> memory,
               std::unique_ptr<certs::CertificateAuthority> authority, std::shared_ptr<ssl_ctx_st> peer_tls)
    : setup_(std::move(setup)),
      store_(std::move(store)),
      catalog_(std::move(catalog)),
      memory_(std::move(memory)),
      authority_(std::move(authority)),
      leaves_(*authority_),
      tls_(leaves_),
      address_policy_(setup_.reach, listening),
      disk_(std::make_unique<DiskPool>(kDiskThreads)),
      flush_timer_(loop_, [this] { flush_store(); }),
      probe_timer_(loop_, [this] { probe_store(); }),
      upkeep_(loop_, *disk_, *store_, setup_.gc_schedule),
      drain_timer_(loop_, [this] { check_drained(); }) {
  store_->set_pins([catalog = catalog_.get()] { return catalog->pinned_blobs(); });
  for (const auto& host : catalog_->object_hosts()) roles_.learn_cdn(host);
  peers_ = std::make_unique<PeerAccess>(setup_.peer, std::move(peer_tls), setup_.peer_folder);
  // A list that cannot be read is told of now, not when a file is missing.
  (void)peers_->list.known();
  upstream::FetchSetup fetch{
      setup_.fetch,   setup_.origin, setup_.trusted_roots, setup_.pseudonym, intercepted_by(setup_.options),
      setup_.sources, peers_->weirs};
  fetches_ = std::make_unique<upstream::FetchTable>(std::move(fetch), *store_, *disk_, address_policy_);
  HubSharing::Parts sharing{*disk_,   *catalog_, setup_.store_path / "catalog.db",
                            *memory_, *fetches_, setup_.options.intercept.hosts.front()};
  peers_->sharing = std::make_unique<HubSharing>(std::move(sharing));
  services_ = std::unique_ptr<Services>(
      new Services{setup_.pseudonym, *authority_, wall_now(), listening, setup_.store_path.string(), *disk_, *store_,
                   *catalog_, roles_, issued_, *memory_, questions_, *fetches_, tls_, counters_, *peers_});
  for (size_t i = 0; i < worker_count(setup_.options.listen.workers); ++i)
    workers_.push_back(std::make_unique<Worker>(*services_, setup_.origin, setup_.trusted_roots, address_policy_));
  acceptor_ = std::make_unique<Acceptor>(loop_, std::move(listener),
                                         [this](UniqueFd fd, IpAddress client) { adopt(std::move(fd), client); });
}

Server::~Server() = default;

void Server::run() {
  fetches_->start();
  for (auto& worker : workers_) worker->start();
  flush_timer_.start(kFlushInterval);
  probe_timer_.start(kProbeInterval);
  auto scrub = std::make_unique<cas::Scrub>(*store_, setup_.store);
  loop_.run();
  scrub.reset();
  for (auto& worker : workers_) worker->stop();
  fetches_->stop();
  // Work that is still under way ends here; its completions find nobody.
  disk_.reset();
  catalog_->flush();
  memory_->metadata().flush();
}

void Server::stop() {
  loop_.post([this] { on_stop(); });
}

Result<void> Server::use(const Options& options) {
  TRY_ASSIGN(settings_, make_settings(options, settings_.get(), *disk_, leaves_, peers_->tls));
  peers_->weirs->share_private(options.peer.share_private);
  for (auto& worker : workers_) worker->use(settings_);
  return {};
}

Result<void> Server::reload(const Options& options, const upstream::FetchOptions& fetch,
                            const upstream::ReachOptions& reach, const std::vector<upstream::SourceOptions>& sources) {
  TRY(use(options));
  address_policy_.set(reach);
  fetches_->use(fetch, intercepted_by(options), sources);
  return {};
}

void Server::adopt(UniqueFd fd, IpAddress client) {
  size_t connections = 0;
  for (const auto& worker : workers_) connections += worker->load();
  // Closed at once: nothing that could be said to a client that has not spoken yet.
  if (connections >= settings_->options.limits.connections) return;
  auto least = std::min_element(workers_.begin(), workers_.end(),
                                [](const auto& a, const auto& b) { return a->load() < b->load(); });
  (*least)->adopt(std::move(fd), client);
}

void Server::on_stop() {
  if (stopping_) {
    log::warning("ending at once");
    return loop_.stop();
  }
  stopping_ = true;
  acceptor_->stop();
  for (auto& worker : workers_) worker->drain();
  drain_until_ = monotonic_now() + settings_->options.limits.shutdown_timeout;
  check_drained();
}

void Server::check_drained() {
  bool idle = std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->load() == 0; });
  if (idle || monotonic_now() >= drain_until_) return loop_.stop();
  drain_timer_.start(kDrainStep);
}

void Server::flush_store() {
  disk_->submit([store = store_.get()] {
    store->keep_spare_room();
    auto flushed = store->flush();
    if (flushed) return;
    // A trouble of the disk is logged once.
    if (store->health().writable()) log::warning("writing the store's index: {}", flushed.error().message);
    store->health().doubt(flushed.error(), wall_now());
  });
  flush_timer_.start(kFlushInterval);
}

void Server::probe_store() {
  if (!store_->health().writable()) disk_->submit([store = store_.get()] { store->health().check(wall_now()); });
  probe_timer_.start(kProbeInterval);
}

}  // namespace weir::proxy
