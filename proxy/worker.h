// SPDX-License-Identifier: Apache-2.0
// One thread that serves clients: a loop, the connections that the acceptor gave it, and a client towards the origin of
// its own.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/loop.h"
#include "proxy/access_log.h"
#include "proxy/services.h"
#include "proxy/session.h"

namespace weir::proxy {

class Worker {
 public:
  // The services and the policy must outlive the worker.
  Worker(Services& services, const upstream::OriginOptions& origin, const std::string& trusted_roots,
         const upstream::AddressPolicy& policy);
  ~Worker();

  void start();
  // From any thread.  For new connections and requests from now on; once before the first connection at least.
  void use(std::shared_ptr<const Settings> settings);
  // From any thread.  Takes over a connection.
  void adopt(UniqueFd fd, IpAddress client);
  // From any thread.  Ends idle connections now, the others after what they are doing.
  void drain();
  // From any thread but its own: ends the thread and cuts what is left.
  void stop();
  // How many connections it has; any thread.
  size_t load() const { return load_.load(std::memory_order_relaxed); }

 private:
  void begin(UniqueFd fd, IpAddress client);
  void end(Session* session);

  Loop loop_;
  upstream::OriginClient origin_;
  upstream::Dialler dialler_;
  AccessLog access_log_;
  WorkerContext context_;
  std::unordered_map<Session*, std::unique_ptr<Session>> sessions_;
  std::atomic<size_t> load_ = 0;
  bool draining_ = false;
  std::thread thread_;
};

}  // namespace weir::proxy
