// SPDX-License-Identifier: Apache-2.0
#include "proxy/front_handler.h"

#include <utility>

#include "http/target.h"
#include "hub/mirror_urls.h"
#include "proxy/admin.h"
#include "proxy/authenticator.h"
#include "proxy/error_answer.h"
#include "proxy/intercept_handler.h"

namespace weir::proxy {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

bool is_default_port(const http::Url& url) {
  return url.port == (url.scheme == "https" ? kHttpsPort : kHttpPort);
}

// A request in absolute form: checks it and hands over to the exchange of its host.
std::unique_ptr<Exchange> open_relayed(WorkerContext& context, const http::RequestHead& request,
                                       const http::BodyFraming& body, Responder& responder) {
  auto refuse = [&](int status, std::string message) {
    return std::make_unique<ErrorExchange>(responder, status, std::move(message));
  };
  auto url = http::parse_url(request.target);
  if (!url) return refuse(url.error().status, url.error().message);
  if (auto* named = request.fields.find("Host")) {
    auto authority = http::parse_host(*named, url->port);
    if (!authority) return refuse(authority.error().status, authority.error().message);
    if (authority->host != url->host)
      return refuse(400, "The Host header and the URL of the request name different hosts.");
  }
  if (!context.settings->policy.intercepts(url->host) || !is_default_port(*url))
    return refuse(403, "Weir does not relay plain HTTP to " + url->host + ": use https, for which it opens a tunnel.");
  responder.record().host = url->host;
  responder.record().path = url->target.substr(0, url->target.find('?'));
  auto origin_form = request;
  origin_form.target = url->target;
  origin_form.fields.set("Host", url->host);
  return open_intercepted(context, url->host, std::move(origin_form), body, responder);
}

// Waits until the client's password has been checked, its request's body unread, and then serves the request.
class AdmittingExchange : public Exchange {
 public:
  AdmittingExchange(WorkerContext& context, std::shared_ptr<Authenticator> users, http::RequestHead request,
                    http::BodyFraming body, Responder& responder)
      : context_(context), users_(std::move(users)), request_(std::move(request)), body_(body), responder_(responder) {}

  void start() override {
    responder_.pause_request_body();
    users_->admit(request_.fields, context_.loop, check_,
                  [this](Admission admission) { on_admitted(std::move(admission)); });
  }

 private:
  void on_admitted(Admission admission) {
    if (admission.refusal) return answer_error(responder_, admission.refusal->status, admission.refusal->message);
    responder_.record().user = admission.user;
    responder_.resume_request_body();
    responder_.hand_over(open_relayed(context_, request_, body_, responder_));
  }

  WorkerContext& context_;
  std::shared_ptr<Authenticator> users_;
  http::RequestHead request_;
  http::BodyFraming body_;
  Responder& responder_;
  PasswordCheck check_;
};

}  // namespace

std::unique_ptr<Exchange> FrontHandler::open(http::RequestHead request, const http::BodyFraming& body,
                                             Responder& responder) {
  auto refuse = [&](int status, std::string message) {
    return std::make_unique<ErrorExchange>(responder, status, std::move(message));
  };
  if (request.method == "CONNECT") return refuse(400, "CONNECT must be the first request of a connection.");
  bool is_mirrored = request.target.starts_with(hub::kMirroredHosts);
  if (request.target.starts_with("/-/") && !is_mirrored) return open_admin(context_, client_, request, responder);
  if (reach_ == Reach::own_pages)
    return refuse(403,
                  "This Weir shows " + client_.text() + " its own pages alone; [proxy] allow names whom it serves.");
  if (request.target == "/" || request.target == "*")
    return refuse(404,
                  "Weir is a proxy and a mirror of the hub: set HTTPS_PROXY (weir env prints how) or HF_ENDPOINT (weir "
                  "env --endpoint) to this address. Its own pages are /-/status, /-/metrics, /-/health and /-/ca.pem.");
  if (request.target.starts_with('/')) {
    if (users_)
      return refuse(403,
                    "This Weir asks its clients for names and passwords ([proxy] users), for which HF_ENDPOINT leaves "
                    "no room: use it as a proxy (weir env prints how).");
    return open_mirrored(context_, scheme_, request, body, responder);
  }
  if (!users_) return open_relayed(context_, request, body, responder);
  return std::make_unique<AdmittingExchange>(context_, users_, request, body, responder);
}

std::unique_ptr<Exchange> RefusingHandler::open(http::RequestHead, const http::BodyFraming&, Responder& responder) {
  return std::make_unique<ErrorExchange>(responder, refusal_.status, refusal_.message);
}

}  // namespace weir::proxy
