// SPDX-License-Identifier: Apache-2.0
// A connection to a Weir near by, in clear or under verified TLS, with one deadline for everything.  Blocking.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ignored_sigpipe.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "cli/proxy_contact.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weir::cli {

class LocalConnection {
 public:
  // `stop`: when this descriptor becomes readable, whatever goes on ends as cancelled; -1 for none.
  LocalConnection(ProxyContact server, Duration timeout, int stop = -1);
  ~LocalConnection();

  // Errors, as of all here: io, timeout, cancelled; refused for a certificate that is not the one it should be.
  Result<void> open();
  Result<void> send(std::string_view bytes);
  // All that comes until the other side closes; io when that is more than `limit`.
  Result<std::string> receive(size_t limit);
  // What is there, once something is; 0 bytes when the other side has closed.
  Result<size_t> receive_some(char* buffer, size_t size);

 private:
  Result<void> connect();
  Result<void> start_tls();
  Result<void> wait(short events);
  Result<void> wait_for_tls(int returned, std::string_view doing);
  // Bytes moved.
  Result<size_t> send_some(std::string_view bytes);

  struct Free {
    void operator()(ssl_st* ssl) const;
    void operator()(ssl_ctx_st* context) const;
  };
  IgnoredSigpipe ignored_sigpipe_;
  ProxyContact server_;
  MonotonicTime deadline_;
  const int stop_;
  UniqueFd fd_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::unique_ptr<ssl_st, Free> ssl_;
};

}  // namespace weir::cli
