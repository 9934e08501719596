// SPDX-License-Identifier: Apache-2.0
// A client's HTTP/1.1 connection with blocking calls: in clear or under TLS, straight to a server or through a proxy's
// CONNECT.  It throws bodies away and looks only at their lengths, or at every byte if it is given the right ones.
// Belongs to one thread.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_range.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "http/head.h"

namespace weir::bench {

using Clock = std::chrono::steady_clock;

struct Server {
  std::string address;         // an IPv4 address: the proxy's, or the server's own
  uint16_t port = 0;           // beside it
  std::string host;            // for Host, SNI and CONNECT
  uint16_t connect = 0;        // the host's port to ask the address, a proxy, for a tunnel to; 0: it is no proxy
  SSL_CTX* context = nullptr;  // a client's, which must outlive the connections; null: in clear
};

// What a request ended with.
struct Answer {
  int status = 0;
  std::string location;          // of a redirect
  uint64_t bytes = 0;            // of the body
  Clock::time_point first_byte;  // when the first of the body was there, or the head if there is none
};

class BlockingConnection {
 public:
  static Result<BlockingConnection> open(const Server& server);

  // GET of `target`.  `expected`: the file that it stands for, to compare with; empty: the bytes are not looked at.
  // Fails when the body is not as long as the range, or not as the file is.
  Result<Answer> get(std::string_view target, std::optional<ByteRange> range, std::string_view expected);

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  BlockingConnection(UniqueFd fd, const Server& server);

  Result<void> ask_for_tunnel(const Server& server);
  Result<void> shake_hands(SSL_CTX* context);
  Result<void> write(std::string_view bytes);
  Result<std::string_view> read();
  Result<http::ResponseHead> read_head();
  Result<Answer> read_body(const http::ResponseHead& head, std::optional<ByteRange> range, std::string_view expected);

  UniqueFd fd_;
  std::string host_;       // without its port
  std::string authority_;  // for Host
  std::unique_ptr<SSL, Free> ssl_;
  std::string ahead_;  // read behind a head
  std::vector<char> buffer_ = std::vector<char>(256 << 10);
};

}  // namespace weir::bench
