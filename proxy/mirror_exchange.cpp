// SPDX-License-Identifier: Apache-2.0
#include "proxy/mirror_exchange.h"

#include <utility>

#include "hub/mirror_urls.h"
#include "hub/path_segments.h"
#include "proxy/error_answer.h"
#include "proxy/intercept_handler.h"

namespace weir::proxy {
namespace {

// Stands between the exchange that serves the request and the connection.
class MirrorExchange : public Exchange, private Responder {
 public:
  MirrorExchange(WorkerContext& context, const std::string& host, const http::RequestHead& request,
                 const http::BodyFraming& body, std::shared_ptr<const hub::MirrorUrls> urls, Responder& client)
      : loop_(context.loop), urls_(std::move(urls)), client_(client) {
    inner_ = open_intercepted(context, host, request, body, *this, urls_);
  }

  void start() override { inner_->start(); }
  void on_request_body(std::string_view bytes) override { inner_->on_request_body(bytes); }
  void on_request_end() override {
    request_ended_ = true;
    inner_->on_request_end();
  }
  void on_writable() override { inner_->on_writable(); }

 private:
  void send_head(http::ResponseHead head, std::optional<uint64_t> length) override {
    urls_->rewrite(head.fields);
    client_.send_head(std::move(head), length);
  }
  void send_continue() override { client_.send_continue(); }
  void send_body(std::string_view bytes) override { client_.send_body(bytes); }
  size_t send_now(std::string_view bytes) override { return client_.send_now(bytes); }
  bool takes_files() const override { return client_.takes_files(); }
  std::optional<size_t> send_file_now(int file, uint64_t offset, size_t count) override {
    return client_.send_file_now(file, offset, count);
  }
  void finish() override {
    answered_ = true;
    client_.finish();
  }
  void abort() override {
    answered_ = true;
    client_.abort();
  }
  void hand_over(std::unique_ptr<Exchange> next) override {
    if (answered_ || head_sent()) return;
    auto* opened = next.get();
    loop_.destroy_later(std::exchange(inner_, std::move(next)));
    opened->start();
    // If it has handed over at once, the one behind it has been told.
    bool is_told = inner_.get() != opened;
    if (request_ended_ && !answered_ && !is_told) opened->on_request_end();
  }
  bool congested() const override { return client_.congested(); }
  void pause_request_body() override { client_.pause_request_body(); }
  void resume_request_body() override { client_.resume_request_body(); }
  bool head_sent() const override { return client_.head_sent(); }
  RequestRecord& record() override { return client_.record(); }

  Loop& loop_;
  std::shared_ptr<const hub::MirrorUrls> urls_;
  Responder& client_;
  std::unique_ptr<Exchange> inner_;
  bool request_ended_ = false;
  bool answered_ = false;
};

// What the client calls Weir: the Host of its request, which was checked with the head.  A request of HTTP/1.0 may have
// none.
std::string base_of(Scheme scheme, const http::RequestHead& request, const Endpoint& listening) {
  bool tls = scheme == Scheme::https;
  auto host = http::parse_host(request.fields.get("Host"), tls ? 443 : 80);
  return (tls ? "https://" : "http://") + (host ? host->text(tls ? 443 : 80) : listening.text());
}

// Whether requests for this host are taken: those of the hub that hold files or lead to them.
bool is_mirrored(const Services& services, const Settings& settings, std::string_view host) {
  auto role = services.roles.of(host);
  return settings.policy.intercepts(host) && (role == hub::Role::hub || role == hub::Role::cdn);
}

}  // namespace

std::unique_ptr<Exchange> open_mirrored(WorkerContext& context, Scheme scheme, const http::RequestHead& request,
                                        const http::BodyFraming& body, Responder& responder) {
  auto refuse = [&](int status, std::string message) {
    return std::make_unique<ErrorExchange>(responder, status, std::move(message));
  };
  if (auto fault = hub::path_fault(request.target)) return refuse(400, "The path " + std::string(*fault) + ".");
  auto serves = [&services = context.services, settings = context.settings](std::string_view host) {
    return is_mirrored(services, *settings, host);
  };
  hub::MirroredTarget place{context.settings->options.intercept.hosts.front(), request.target};
  auto urls =
      std::make_shared<const hub::MirrorUrls>(base_of(scheme, request, context.services.listening), place.host, serves);
  if (request.target.starts_with(hub::kMirroredHosts)) {
    auto named = hub::parse_mirrored(request.target);
    if (!named || !serves(named->host))
      return refuse(404, "Under /-/cdn/ are the hosts that the hub keeps its files on, and this is none of them.");
    place = std::move(*named);
  }
  responder.record().host = place.host;
  responder.record().path = place.target.substr(0, place.target.find('?'));
  auto forwarded = request;
  forwarded.target = place.target;
  forwarded.fields.set("Host", place.host);
  return std::make_unique<MirrorExchange>(context, place.host, forwarded, body, std::move(urls), responder);
}

}  // namespace weir::proxy
