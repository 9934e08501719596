// SPDX-License-Identifier: Apache-2.0
// A connection to another Weir for a command: pairing, and asking whether it answers.  Blocking, with one deadline for
// everything.  (Transfers go through libcurl: upstream/.)
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ignored_sigpipe.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "http/head.h"
#include "http/target.h"
#include "peer/identity.h"
#include "peer/tls.h"

namespace weir::peer {

struct Answer {
  http::ResponseHead head;
  std::string body;
};

class Channel {
 public:
  // Connects and shakes hands.  Errors: io, timeout; refused, before anything was sent, when `accepts` does not take
  // the key of who answers there.
  static Result<std::unique_ptr<Channel>> open(const http::Authority& to, const Identity& identity, AcceptsKey accepts,
                                               Duration timeout);
  ~Channel();

  const Session& session() const { return session_; }
  // Sends a request without a body and reads its answer, the last on this connection.  Errors: io, timeout.
  Result<Answer> ask(const http::RequestHead& request);

 private:
  Channel(const http::Authority& to, AcceptsKey accepts, Duration timeout);
  Result<void> connect();
  Result<void> shake_hands(const Identity& identity);
  Result<void> send(std::string_view bytes);
  Result<std::string> receive();
  Result<void> limit_wait() const;
  Error failure(int returned, std::string_view doing) const;

  struct Free {
    void operator()(ssl_st* ssl) const;
    void operator()(ssl_ctx_st* context) const;
  };
  IgnoredSigpipe ignored_sigpipe_;
  http::Authority to_;
  AcceptsKey accepts_;
  MonotonicTime deadline_;
  UniqueFd fd_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::unique_ptr<ssl_st, Free> ssl_;
  Session session_;
};

}  // namespace weir::peer
