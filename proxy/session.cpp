// SPDX-License-Identifier: Apache-2.0
#include "proxy/session.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/log.h"
#include "http/date.h"
#include "http/via.h"
#include "peer/tls.h"
#include "proxy/error_answer.h"
#include "proxy/front_handler.h"
#include "proxy/intercept_handler.h"
#include "proxy/peer_access.h"
#include "proxy/peer_handler.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
constexpr char kTlsHandshake = 0x16;  // the first byte of a ClientHello's record (RFC 8446, section 5.1)

http::HeadLimits head_limits(const LimitOptions& options) {
  http::HeadLimits limits;
  limits.head = options.head_bytes;
  limits.fields = options.header_count;
  return limits;
}

bool may_use(const ListenOptions& options, const IpAddress& client) {
  return client.is_loopback() || any_contains(options.allow, client);
}

std::string whole_answer(const http::Refusal& refusal) {
  auto head = own_head(refusal.status, refusal.message);
  auto body = refusal.message + "\n";
  head.fields.add("Date", http::format_date(unix_seconds(wall_now())));
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  head.fields.add("Content-Length", std::to_string(body.size()));
  return http::serialize(head) + body;
}

// True when all of it was written: answers this small fit into a fresh socket.
bool write_whole(Stream& stream, std::string_view bytes) {
  return stream.write(bytes) == IoResult{IoStatus::ok, bytes.size()};
}

}  // namespace

Session::Session(WorkerContext& context, UniqueFd fd, IpAddress client, std::function<void()> on_closed)
    : context_(context),
      settings_(context.settings),
      stream_(std::make_unique<PlainStream>(std::move(fd))),
      client_(client),
      on_closed_(std::move(on_closed)),
      timer_(context.loop, [this] { on_timeout(); }),
      again_(context.loop, [this] { await_request(); }) {
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
  timer_.start(settings_->options.limits.head_timeout);
  watch_ = std::make_unique<FdWatch>(context_.loop, stream_->fd(), [this](bool, bool) { look_at_first_byte(); });
  look_at_first_byte();
}

void Session::drain() {
  draining_ = true;
  if (connection_) return connection_->drain();
  if (!tunnel_ && !dial_) close();
}

// --- TLS on the port: its own, or that of a peer

void Session::look_at_first_byte() {
  char first = 0;
  ssize_t got = ::recv(stream_->fd(), &first, 1, MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return watch_->want(Interest::read);
  if (got <= 0) return close();
  watch_.reset();
  // With TLS for the endpoint alone the proxy stays in clear, on the same port.
  if (first != kTlsHandshake && !settings_->options.listen.tls) return await_request();
  gate_.emplace(settings_->policy, context_.services.pseudonym, head_limits(settings_->options.limits));
  if (first != kTlsHandshake)
    return refuse({400, "This port of Weir speaks TLS: use https:// in the proxy's URL, as in HTTPS_PROXY=https://" +
                            settings_->options.listen.names.front() + ":" +
                            std::to_string(context_.services.listening.port) + " (weir env prints it)."});
  // A port in clear has TLS for peers alone.
  shake_hands(std::move(stream_), settings_->port_tls ? settings_->port_tls : context_.services.peers.tls,
              [this] { on_port_secured(); });
}

void Session::on_port_secured() {
  if (peer::is_peer_session(handshaking_->session())) {
    auto peer = peer::session_of(handshaking_->session());
    if (!peer) return close();
    return speak_http(std::move(handshaking_), std::make_unique<PeerHandler>(context_, client_, *peer), "");
  }
  stream_ = std::move(handshaking_);
  scheme_ = Scheme::https;
  timer_.start(settings_->options.limits.head_timeout);
  await_request();
}

// --- the first request

void Session::await_request() {
  gate_.emplace(settings_->policy, context_.services.pseudonym, head_limits(settings_->options.limits));
  watch_ = std::make_unique<FdWatch>(context_.loop, stream_->fd(), [this](bool, bool) { read_request(); });
  read_request();
}

void Session::read_request() {
  while (!take_request()) {
    char bytes[16 << 10];
    auto [status, count] = stream_->read(bytes);
    if (status == IoStatus::would_block) return watch_->want(stream_->read_interest());
    if (status != IoStatus::ok) return close();
    ahead_.append(bytes, count);
  }
  watch_.reset();
  timer_.stop();
  decide();
}

// Leaves what follows a CONNECT: it is for TLS or the tunnel.
bool Session::take_request() {
  if (!ahead_.empty()) ahead_.erase(0, gate_->take(ahead_));
  return gate_->decision().has_value();
}

std::unique_ptr<Stream> Session::take_stream() {
  if (ahead_.empty()) return std::move(stream_);
  return std::make_unique<ReplayStream>(std::exchange(ahead_, {}), std::move(stream_));
}

void Session::decide() {
  auto& listen = settings_->options.listen;
  bool is_http = std::holds_alternative<SpeakHttp>(*gate_->decision());
  if (!may_use(listen, client_) && !(is_http && any_contains(listen.admin_allow, client_)))
    return refuse({403, "This Weir does not serve " + client_.text() + "; [proxy] allow names those that it serves."});
  // What is no CONNECT is asked for a password request by request: Weir's own pages need none.
  return settings_->users && gate_->connect() ? admit() : carry_out();
}

void Session::carry_out() {
  auto decision = *gate_->decision();
  if (auto* found = std::get_if<Intercept>(&decision)) return intercept(*found);
  if (auto* found = std::get_if<OpenTunnel>(&decision)) return open_tunnel(*found);
  if (auto& refusal = std::get<SpeakHttp>(decision).refusal) return refuse(*refusal);
  auto reach = may_use(settings_->options.listen, client_) ? Reach::everything : Reach::own_pages;
  speak_http(take_stream(), std::make_unique<FrontHandler>(context_, client_, scheme_, reach, settings_->users),
             gate_->taken());
}

void Session::refuse(http::Refusal refusal) {
  speak_http(take_stream(), std::make_unique<RefusingHandler>(std::move(refusal)), gate_->taken());
}

HttpConnection::Setup Session::connection_setup() {
  return {settings_->options.limits, client_.text(), [this](const RequestRecord& record) { report(record); },
          [this] { close(); }, user_};
}

void Session::speak_http(std::unique_ptr<Stream> stream, std::unique_ptr<RequestHandler> handler,
                         std::string already_read) {
  connection_ = std::make_unique<HttpConnection>(context_.loop, std::move(stream), std::move(handler),
                                                 connection_setup(), std::move(already_read));
  connection_->start();
  if (draining_ && !closed_) connection_->drain();
}

// --- name and password

void Session::admit() {
  settings_->users->admit(gate_->connect()->fields, context_.loop, check_,
                          [this](Admission admission) { on_admitted(std::move(admission)); });
}

void Session::on_admitted(Admission admission) {
  if (closed_) return;
  user_ = std::move(admission.user);
  if (!admission.refusal) return carry_out();
  bool may_try_again = admission.refusal->status == 407 && http::keeps_alive(*gate_->connect()) && !draining_;
  return may_try_again ? ask_for_password(*admission.refusal) : refuse(*admission.refusal);
}

// The client may answer on this connection (RFC 9110, section 11.7.1), with another CONNECT.
void Session::ask_for_password(const http::Refusal& refusal) {
  begin_record();
  record_.host = gate_->connect()->target;
  record_.status = refusal.status;
  record_.complete = write_whole(*stream_, whole_answer(refusal));
  report(record_);
  if (!record_.complete) return close();
  timer_.start(settings_->options.limits.head_timeout);
  again_.start(Duration(0));
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
  if (!write_whole(*stream_, kEstablished)) return close();
  timer_.start(settings_->options.limits.head_timeout);
  shake_hands(take_stream(), std::move(*context),
              [this] { speak_http(std::move(handshaking_), std::make_unique<InterceptHandler>(context_, host_), ""); });
}

void Session::shake_hands(std::unique_ptr<Stream> below, std::shared_ptr<ssl_ctx_st> tls, std::function<void()> then) {
  shaken_ = std::move(then);
  handshaking_ = std::make_unique<TlsStream>(std::move(below), std::move(tls));
  watch_ = std::make_unique<FdWatch>(context_.loop, handshaking_->fd(), [this](bool, bool) { go_on_shaking(); });
  go_on_shaking();
}

void Session::go_on_shaking() {
  auto result = handshaking_->handshake();
  if (result.status == IoStatus::would_block) return watch_->want(handshaking_->read_interest());
  if (result.status == IoStatus::ok) {
    watch_.reset();
    timer_.stop();
    // Moved out first: it may begin another handshake.
    auto then = std::move(shaken_);
    return then();
  }
  ++context_.services.counters.handshakes_failed;
  report_failed_handshake(result);
  close();
}

// An alert is the client's verdict on the certificate; a connection that merely ends is a client that changed its mind.
void Session::report_failed_handshake(IoResult result) const {
  auto reason = result.status == IoStatus::closed ? "the connection was closed" : handshaking_->failure();
  auto whose = host_.empty() ? "Weir itself" : host_;
  if (reason.find("alert") != std::string::npos) {
    log::warning("{} refuses the certificate for {}: {}; weir env prints what makes it trust Weir's CA", client_.text(),
                 whose, reason);
  } else {
    log::debug("{} broke off the TLS handshake for {}: {}", client_.text(), whose, reason);
  }
}

// --- any other host

void Session::open_tunnel(const OpenTunnel& decision) {
  auto& services = context_.services;
  auto most = settings_->options.limits.tunnels;
  if (services.counters.tunnels >= most)
    return refuse({503, "All tunnels are in use; [limits] tunnels says how many there may be."});
  ++services.counters.tunnels;
  counted_ = true;
  begin_record();
  record_.host = decision.host + ":" + std::to_string(decision.port);
  record_.outcome = Outcome::tunnel;
  record_.status = 200;
  dial_ = context_.dialler.dial(
      decision.host, decision.port, [this](auto host) { on_dialled(std::move(host)); },
      http::via_of(gate_->connect()->fields));
}

void Session::on_dialled(tl::expected<UniqueFd, upstream::OriginFault> host) {
  context_.loop.destroy_later(std::move(dial_));
  if (closed_) return;
  if (!host) return refuse({status_of(host.error()), host.error().message});
  tunnel_ = std::make_unique<Tunnel>(context_.loop, take_stream(), std::make_unique<PlainStream>(std::move(*host)),
                                     settings_->options.limits.tunnel_idle_timeout, [this] { close(); });
  tunnel_->start(kEstablished);
}

// --- the record

void Session::begin_record() {
  record_ = RequestRecord{};
  record_.client = client_.text();
  record_.user = user_;
  record_.method = "CONNECT";
  record_.started = monotonic_now();
}

void Session::report(const RequestRecord& record) const {
  context_.services.counters.add(record);
  if (context_.settings->options.access_log) context_.access_log.add(record, monotonic_now());
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
  again_.stop();
  check_.cancel();
  if (tunnel_) {
    record_.from_origin = tunnel_->bytes_to_client();
    record_.complete = true;
    report(record_);
  }
  on_closed_();
}

}  // namespace weir::proxy
