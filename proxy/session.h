// SPDX-License-Identifier: Apache-2.0
// One connection of a client, from accept to close: reads its first request and becomes an intercepted TLS session, a
// tunnel, or plain HTTP.  Lives on its worker's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/loop.h"
#include "base/unique_fd.h"
#include "proxy/connect_gate.h"
#include "proxy/exchange.h"
#include "proxy/http_connection.h"
#include "proxy/services.h"
#include "proxy/tls_stream.h"
#include "proxy/tunnel.h"

namespace weir::proxy {

class Session {
 public:
  // `on_closed` is the last call; it may destroy the session only later.
  Session(WorkerContext& context, UniqueFd fd, IpAddress client, std::function<void()> on_closed);
  ~Session();

  void start();
  // No further request: ends now when idle, else after the running one.
  void drain();

 private:
  void read_greeting();
  void decide();
  void refuse(http::Refusal refusal);
  void speak_http(std::unique_ptr<Stream> stream, std::unique_ptr<RequestHandler> handler, std::string already_read);
  void intercept(const Intercept& decision);
  void shake_hands();
  void report_failed_handshake(IoResult result) const;
  void open_tunnel(const OpenTunnel& decision);
  void on_dialled(tl::expected<UniqueFd, upstream::OriginFault> host);
  void report_tunnel();
  void on_timeout();
  void close();
  HttpConnection::Setup connection_setup();

  WorkerContext& context_;
  UniqueFd fd_;
  IpAddress client_;
  std::function<void()> on_closed_;
  Timer timer_;
  std::unique_ptr<FdWatch> watch_;
  ConnectGate gate_;

  std::string host_;  // of the CONNECT
  std::unique_ptr<TlsStream> handshaking_;
  std::unique_ptr<upstream::Dial> dial_;
  std::unique_ptr<Tunnel> tunnel_;
  std::unique_ptr<HttpConnection> connection_;
  RequestRecord tunnel_record_;
  bool counted_ = false;  // among the tunnels
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace weir::proxy
