// SPDX-License-Identifier: Apache-2.0
// The running proxy: acceptor, workers, fetches and all that they share, from start to graceful end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "base/result.h"
#include "cas/blob_store.h"
#include "cas/scrub.h"
#include "certs/certificate_authority.h"
#include "certs/leaf_cache.h"
#include "hub/catalog.h"
#include "hub/hub_memory.h"
#include "peer/identity.h"
#include "proxy/acceptor.h"
#include "proxy/peer_access.h"
#include "proxy/services.h"
#include "proxy/store_upkeep.h"
#include "proxy/worker.h"
#include "upstream/address_policy.h"
#include "upstream/fetch_table.h"
#include "upstream/options.h"

namespace weir::proxy {

struct ServerSetup {
  Options options;
  upstream::OriginOptions origin;
  upstream::FetchOptions fetch;
  upstream::ReachOptions reach;
  std::vector<upstream::SourceOptions> sources = {upstream::origin_source()};
  std::string trusted_roots;  // PEM, without Weir's own CA
  std::string pseudonym;
  peer::Identity peer;                // who it is to other Weirs
  std::filesystem::path peer_folder;  // that holds the list of them
  std::filesystem::path store_path;
  std::vector<cas::TimeOfDay> gc_schedule;
  cas::Options store;
};

enum class PortTaken { fail, use_another };

class Server {
 public:
  // Whether the process may open files and have threads enough, before anything is made: in the middle of it many a
  // library can only end.  Errors: no_descriptors, io.
  static Result<void> check_room(const ListenOptions& options);
  // A listening socket; with use_another on any free port when the port is taken.  Errors: busy, io.
  static Result<UniqueFd> listen(const Endpoint& endpoint, PortTaken taken);
  // Serves from run() on; clients that connect before wait.  Takes over what it is given.
  static Result<std::unique_ptr<Server>> create(ServerSetup setup, UniqueFd listener,
                                                std::unique_ptr<cas::BlobStore> store,
                                                std::unique_ptr<hub::Catalog> catalog,
                                                std::unique_ptr<hub::HubMemory> memory,
                                                std::unique_ptr<certs::CertificateAuthority> authority);
  ~Server();

  const certs::CertificateAuthority& authority() const { return *authority_; }
  const Endpoint& listening() const { return services_->listening; }
  // The loop that run() runs: for signals.
  Loop& loop() { return loop_; }
  // Serves until stop() has ended everything.  On the calling thread: the acceptor's.
  void run();
  // Takes up what may change while it serves; connections go on, new ones and new requests follow it.  On the thread of
  // run(), or before it.  Errors: those of make_settings; all stays as it was.
  Result<void> reload(const Options& options, const upstream::FetchOptions& fetch, const upstream::ReachOptions& reach,
                      const std::vector<upstream::SourceOptions>& sources);
  // From any thread.  The first call ends gracefully: no further connections, and the running transfers get the time
  // that the options allow.  A second one ends at once.
  void stop();
  // How long running transfers get at the end.  On the thread of run().
  Duration shutdown_timeout() const { return settings_->options.limits.shutdown_timeout; }

 private:
  Server(ServerSetup setup, UniqueFd listener, Endpoint listening, std::unique_ptr<cas::BlobStore> store,
         std::unique_ptr<hub::Catalog> catalog, std::unique_ptr<hub::HubMemory> memory,
         std::unique_ptr<certs::CertificateAuthority> authority, std::shared_ptr<ssl_ctx_st> peer_tls);

  Result<void> use(const Options& options);
  void adopt(UniqueFd fd, IpAddress client);
  void on_stop();
  void check_drained();
  void flush_store();
  void probe_store();

  const ServerSetup setup_;
  std::unique_ptr<cas::BlobStore> store_;
  std::unique_ptr<hub::Catalog> catalog_;
  std::unique_ptr<hub::HubMemory> memory_;
  std::unique_ptr<certs::CertificateAuthority> authority_;
  certs::LeafCache leaves_;
  TlsContexts tls_;
  upstream::AddressPolicy address_policy_;
  hub::HostRoles roles_;
  hub::IssuedUrls issued_;
  QuestionQueue questions_;
  Counters counters_;

  Loop loop_;
  std::unique_ptr<DiskPool> disk_;
  std::shared_ptr<const Settings> settings_;  // on the thread of run()
  std::unique_ptr<PeerAccess> peers_;
  std::unique_ptr<upstream::FetchTable> fetches_;
  std::unique_ptr<Services> services_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Acceptor> acceptor_;
  Timer flush_timer_;
  Timer probe_timer_;
  StoreUpkeep upkeep_;
  Timer drain_timer_;
  MonotonicTime drain_until_;
  bool stopping_ = false;
};

}  // namespace weir::proxy
