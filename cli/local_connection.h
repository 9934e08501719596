// SPDX-License-Identifier: Apache-2.0
// A connection to a Weir near by, in clear or under verified TLS, with one deadline for everything.  Blocking.
#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "cli/proxy_contact.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weir::cli {

class LocalConnection {
 public:
  LocalConnection(ProxyContact server, Duration timeout);
  ~LocalConnection();

  // Errors, as of all here: io, timeout; refused for a certificate that is not the one it should be.
  Result<void> open();
  Result<void> send(std::string_view bytes);
  // All that comes until the other side closes; io when that is more than `limit`.
  Result<std::string> receive(size_t limit);
  // The same, but what comes behind so many bytes is dropped.
  Result<std::string> receive_and_drop(size_t kept);

 private:
  Result<void> connect();
  Result<void> start_tls();
  Result<void> wait(short events);
  Result<void> wait_for_tls(int returned, std::string_view doing);
  // Bytes moved; 0 at the end of the stream.
  Result<size_t> send_some(std::string_view bytes);
  Result<size_t> receive_some(char* buffer, size_t size);

  // OpenSSL writes without MSG_NOSIGNAL.
  class IgnoredSigpipe {
   public:
    IgnoredSigpipe() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
    ~IgnoredSigpipe() { std::signal(SIGPIPE, before_); }
    IgnoredSigpipe(const IgnoredSigpipe&) = delete;
    IgnoredSigpipe& operator=(const IgnoredSigpipe&) = delete;

   private:
    void (*before_)(int);
  };
  struct Free {
    void operator()(ssl_st* ssl) const;
    void operator()(ssl_ctx_st* context) const;
  };
  IgnoredSigpipe ignored_sigpipe_;
  ProxyContact server_;
  MonotonicTime deadline_;
  UniqueFd fd_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::unique_ptr<ssl_st, Free> ssl_;
};

}  // namespace weir::cli
