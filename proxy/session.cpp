// SPDX-License-Identifier: Apache-2.0
#include "proxy/session.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/log.h"
#include "proxy/front_handler.h"
#include "proxy/intercept_handler.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

http::HeadLimits head_limits(const LimitOptions& options) {
  http::HeadLimits limits;
  limits.head = options.head_bytes;
  limits.fields = options.header_count;
  return limits;
}

bool may_use(const ListenOptions& options, const IpAddress& client) {
  return client.is_loopback() || any_contains(options.allow, client);
}

}  // namespace

Session::Session(WorkerContext& context, UniqueFd fd, IpAddress client, std::function<void()> on_closed)
    : context_(context),
      fd_(std::move(fd)),
      client_(client),
      on_closed_(std::move(on_closed)),
      timer_(context.loop, [this] { on_timeout(); }),
      gate_(context.services.policy, context.services.pseudonym, head_limits(context.services.options.limits)) {
  auto& counters = context_.services.counters;
  ++counters.connections;
  ++counters.connections_total;
}

Session::~Session() {
  auto& counters = context_.services.counters;
  --counters.connections;
  if (counted_) --counters.tunnels;
}

void Session::start() {
  watch_ = std::make_unique<FdWatch>(context_.loop, fd_.get(), [this](bool, bool) { read_greeting(); });
  watch_->want(Interest::read);
  timer_.start(context_.services.options.limits.head_timeout);
}

void Session::drain() {
  draining_ = true;
  if (connection_) return connection_->drain();
  if (!tunnel_ && !dial_) close();
}

// Takes no more bytes off the socket than belong to the first request: what follows a CONNECT is for TLS or the tunnel.
void Session::read_greeting() {
  char bytes[16 << 10];
  ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return close();
  auto taken = gate_.take({bytes, static_cast<size_t>(got)});
  // The bytes are in the socket's queue, so all that were seen can be taken.
  if (::recv(fd_.get(), bytes, taken, 0) != static_cast<ssize_t>(taken)) return close();
  if (gate_.decision()) decide();
}

void Session::decide() {
  watch_.reset();
  timer_.stop();
  auto decision = *gate_.decision();
  auto& listen = context_.services.options.listen;
  bool served = may_use(listen, client_);
  bool reads_pages = any_contains(listen.admin_allow, client_) && std::holds_alternative<SpeakHttp>(decision);
  if (!served && !reads_pages)
    return refuse({403, "This Weir does not serve " + client_.text() + "; [proxy] allow names those that it serves."});
  if (auto* found = std::get_if<Intercept>(&decision)) return intercept(*found);
  if (auto* found = std::get_if<OpenTunnel>(&decision)) return open_tunnel(*found);
  if (auto& refusal = std::get<SpeakHttp>(decision).refusal) return refuse(*refusal);
  speak_http(std::make_unique<PlainStream>(std::move(fd_)),
             std::make_unique<FrontHandler>(context_, client_, served ? Reach::everything : Reach::own_pages),
             gate_.taken());
}

void Session::refuse(http::Refusal refusal) {
  speak_http(std::make_unique<PlainStream>(std::move(fd_)), std::make_unique<RefusingHandler>(std::move(refusal)),
             gate_.taken());
}

HttpConnection::Setup Session::connection_setup() {
  auto& services = context_.services;
  return {services.options.limits, client_.text(),
          [&services](const RequestRecord& record) {
            services.counters.add(record);
            if (services.options.access_log) write_access_log(record, monotonic_now());
          },
          [this] { close(); }};
}

void Session::speak_http(std::unique_ptr<Stream> stream, std::unique_ptr<RequestHandler> handler,
                         std::string already_read) {
  connection_ = std::make_unique<HttpConnection>(context_.loop, std::move(stream), std::move(handler),
                                                 connection_setup(), std::move(already_read));
  connection_->start();
  if (draining_ && !closed_) connection_->drain();
}

// --- an intercepted host

void Session::intercept(const Intercept& decision) {
  host_ = decision.host;
  auto context = context_.services.tls.get(host_, wall_now());
  if (!context) {
    log::warning("{}", context.error().message);
    return refuse({context.error().code == ErrorCode::invalid ? 400 : 502,
                   "Weir could not make a certificate for " + host_ + ": " + context.error().message + "."});
  }
  if (::send(fd_.get(), kEstablished.data(), kEstablished.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kEstablished.size()))
    return close();
  handshaking_ = std::make_unique<TlsStream>(std::move(fd_), std::move(*context));
  watch_ = std::make_unique<FdWatch>(context_.loop, handshaking_->fd(), [this](bool, bool) { shake_hands(); });
  timer_.start(context_.services.options.limits.head_timeout);
  shake_hands();
}

// An alert is the client's verdict on the certificate; a connection that merely ends is a client that changed its mind.
void Session::report_failed_handshake(IoResult result) const {
  auto reason = result.status == IoStatus::closed ? "the connection was closed" : handshaking_->failure();
  if (reason.find("alert") != std::string::npos) {
    log::warning("{} refuses the certificate for {}: {}; weir env prints what makes it trust Weir's CA", client_.text(),
                 host_, reason);
  } else {
    log::debug("{} broke off the TLS handshake for {}: {}", client_.text(), host_, reason);
  }
}

void Session::shake_hands() {
  auto result = handshaking_->handshake();
  if (result.status == IoStatus::would_block) return watch_->want(handshaking_->read_interest());
  if (result.status == IoStatus::ok) {
    watch_.reset();
    timer_.stop();
    return speak_http(std::move(handshaking_), std::make_unique<InterceptHandler>(context_, host_), "");
  }
  ++context_.services.counters.handshakes_failed;
  report_failed_handshake(result);
  close();
}

// --- any other host

void Session::open_tunnel(const OpenTunnel& decision) {
  auto& services = context_.services;
  if (services.counters.tunnels >= services.options.limits.tunnels)
    return refuse({503, "All tunnels are in use; [limits] tunnels says how many there may be."});
  ++services.counters.tunnels;
  counted_ = true;
  tunnel_record_.client = client_.text();
  tunnel_record_.method = "CONNECT";
  tunnel_record_.host = decision.host + ":" + std::to_string(decision.port);
  tunnel_record_.outcome = Outcome::tunnel;
  tunnel_record_.status = 200;
  tunnel_record_.started = monotonic_now();
  dial_ = context_.dialler.dial(decision.host, decision.port, [this](auto host) { on_dialled(std::move(host)); });
}

void Session::on_dialled(tl::expected<UniqueFd, upstream::OriginFault> host) {
  context_.loop.destroy_later(std::move(dial_));
  if (closed_) return;
  if (!host) return refuse({status_of(host.error()), host.error().message});
  auto& services = context_.services;
  tunnel_ = std::make_unique<Tunnel>(context_.loop, std::move(fd_), std::move(*host),
                                     services.options.limits.tunnel_idle_timeout, [this] { close(); });
  tunnel_->start(kEstablished);
}

void Session::report_tunnel() {
  tunnel_record_.from_origin = tunnel_->bytes_to_client();
  tunnel_record_.complete = true;
  context_.services.counters.add(tunnel_record_);
  if (context_.services.options.access_log) write_access_log(tunnel_record_, monotonic_now());
}

// --- the end

void Session::on_timeout() {
  if (handshaking_) ++context_.services.counters.handshakes_failed;
  close();
}

void Session::close() {
  if (closed_) return;
  closed_ = true;
  watch_.reset();
  timer_.stop();
  if (tunnel_) report_tunnel();
  on_closed_();
}

}  // namespace weir::proxy
