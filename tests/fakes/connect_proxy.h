// SPDX-License-Identifier: Apache-2.0
// An HTTP proxy for tests that knows CONNECT alone: it writes down each request, refuses it or leads it to one port.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::fakes {

// Carries bytes between two sockets until both have ended.
void carry(int a, int b);

// A connection to that port of 127.0.0.1.
int connect_to_loopback(uint16_t port);

class ConnectProxy {
 public:
  // Listens on 127.0.0.1, on a free port.  Every tunnel leads to `target` on 127.0.0.1, whatever is asked for.
  explicit ConnectProxy(uint16_t target);
  // Breaks the tunnels that are still open.
  ~ConnectProxy();
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  // From now on: the answer to every request.  "": a 200 with fields, and the tunnel.
  void answer_with(std::string answer);

  uint16_t port() const { return port_; }
  // The heads of all requests so far.
  std::vector<std::string> heads();

 private:
  void accept_all();
  void serve(int socket);

  int listener_;
  uint16_t target_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::string answer_;  // guarded by mutex_, as all below
  std::vector<std::string> heads_;
  std::vector<int> sockets_;          // open ones
  std::vector<std::thread> threads_;  // of connections; touched by acceptor_ until it has ended
  std::thread acceptor_;
};

}  // namespace weir::fakes
