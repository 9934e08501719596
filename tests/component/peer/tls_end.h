// SPDX-License-Identifier: Apache-2.0
// A TLS server that does with each connection, on a thread of its own, what a test says.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weir::peer {

class TlsEnd {
 public:
  // After the handshake; it may read and write as it likes.
  using Handler = std::function<void(ssl_st*)>;

  // Listens on a free port of 127.0.0.1.
  TlsEnd(std::shared_ptr<ssl_ctx_st> context, Handler handler);
  ~TlsEnd();
  TlsEnd(const TlsEnd&) = delete;
  TlsEnd& operator=(const TlsEnd&) = delete;

  uint16_t port() const { return port_; }
  // Connections whose handshake went to its end, and those where it did not.
  int finished() const { return finished_; }
  int failed() const { return failed_; }
  // Until so many have ended in one way or the other; false when they do not.
  bool wait_for(int handshakes) const;

 private:
  void run();
  void serve(int fd);

  std::shared_ptr<ssl_ctx_st> context_;
  Handler handler_;
  UniqueFd listener_;
  uint16_t port_ = 0;
  std::atomic<int> finished_ = 0;
  std::atomic<int> failed_ = 0;
  std::mutex mutex_;
  std::vector<UniqueFd> sockets_;     // guarded by mutex_
  std::vector<std::thread> threads_;  // of connections; touched by thread_ until it has ended
  std::thread thread_;
};

std::shared_ptr<ssl_ctx_st> server_context();

// What a client sends up to the empty line; and the other way.
std::string read_head(ssl_st* ssl);
void write_text(ssl_st* ssl, const std::string& text);

}  // namespace weir::peer
