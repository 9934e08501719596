// SPDX-License-Identifier: Apache-2.0
// One connection of a client, from accept to close: TLS of the port's own if there is any, the first request, a name
// and a password if they are asked for; then it becomes an intercepted TLS session, a tunnel, or plain HTTP.  Lives on
// its worker's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/loop.h"
#include "base/unique_fd.h"
#include "proxy/authenticator.h"
#include "proxy/connect_gate.h"
#include "proxy/exchange.h"
#include "proxy/http_connection.h"
#include "proxy/mirror_exchange.h"
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
  void look_at_first_byte();
  void on_port_secured();
  void await_request();
  void read_request();
  bool take_request();
  void decide();
  void admit();
  void on_admitted(Admission admission);
  void ask_for_password(const http::Refusal& refusal);
  void carry_out();
  void refuse(http::Refusal refusal);
  void speak_http(std::unique_ptr<Stream> stream, std::unique_ptr<RequestHandler> handler, std::string already_read);
  void shake_hands(std::unique_ptr<Stream> below, std::shared_ptr<ssl_ctx_st> tls, std::function<void()> then);
  void go_on_shaking();
  void report_failed_handshake(IoResult result) const;
  void intercept(const Intercept& decision);
  void open_tunnel(const OpenTunnel& decision);
  void on_dialled(tl::expected<UniqueFd, upstream::OriginFault> host);
  void begin_record();
  void report(const RequestRecord& record) const;
  void on_timeout();
  void close();
  std::unique_ptr<Stream> take_stream();
  HttpConnection::Setup connection_setup();

  WorkerContext& context_;
  const std::shared_ptr<const Settings> settings_;  // in force when the client came
  std::unique_ptr<Stream> stream_;                  // until it is passed on
  IpAddress client_;
  std::function<void()> on_closed_;
  Timer timer_;
  Timer again_;  // awaits the next request, from the loop
  std::unique_ptr<FdWatch> watch_;
  std::string ahead_;  // read, and not yet of the gate
  std::optional<ConnectGate> gate_;
  PasswordCheck check_;
  std::string user_;

  std::string host_;  // of the CONNECT
  std::unique_ptr<TlsStream> handshaking_;
  std::function<void()> shaken_;
  std::unique_ptr<upstream::Dial> dial_;
  std::unique_ptr<Tunnel> tunnel_;
  std::unique_ptr<HttpConnection> connection_;
  RequestRecord record_;          // of a CONNECT that no HttpConnection reports
  Scheme scheme_ = Scheme::http;  // of the port
  bool counted_ = false;          // among the tunnels
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace weir::proxy
