// SPDX-License-Identifier: Apache-2.0
#include "proxy/intercept_handler.h"

#include <optional>
#include <utility>

#include "base/log.h"
#include "http/target.h"
#include "http/via.h"
#include "hub/route.h"
#include "proxy/batch_exchange.h"
#include "proxy/cdn_exchange.h"
#include "proxy/error_answer.h"
#include "proxy/listing_exchange.h"
#include "proxy/origin_request.h"
#include "proxy/regular_file_exchange.h"
#include "proxy/relay_exchange.h"
#include "proxy/resolve_exchange.h"

namespace weir::proxy {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

// What is wrong with a request inside a connection to `host`; its target becomes origin-form.
std::optional<http::Refusal> check(const std::string& host, http::RequestHead& head) {
  if (head.method == "CONNECT")
    return http::Refusal{400, "A CONNECT inside a connection to " + host + " makes no sense."};
  if (auto* named = head.fields.find("Host")) {
    auto authority = http::parse_host(*named, kHttpsPort);
    if (!authority) return authority.error();
    if (authority->host != host || authority->port != kHttpsPort)
      return http::Refusal{421,
                           "This connection is to " + host + ", but the request is for " + authority->text() + "."};
  }
  if (head.target.starts_with('/') || head.target == "*") return std::nullopt;
  auto url = http::parse_url(head.target);
  if (!url) return url.error();
  if (url->host != host || url->port != (url->scheme == "https" ? kHttpsPort : kHttpPort))
    return http::Refusal{421,
                         "This connection is to " + host + ", but the request is for " + url->authority().text() + "."};
  head.target = url->target;
  return std::nullopt;
}

bool waits_as_long_as_it_takes(hub::RouteKind kind, const http::RequestHead& head) {
  if (kind == hub::RouteKind::git || kind == hub::RouteKind::upload) return true;
  return head.fields.get("Accept").find("text/event-stream") != std::string_view::npos;
}

std::unique_ptr<Exchange> open_passed(WorkerContext& context, Responder& responder, const ClientRequest& request,
                                      const hub::Route& route) {
  auto out = make_origin_request(request, context.services.pseudonym);
  if (waits_as_long_as_it_takes(route.kind, request.head)) out.first_byte_timeout = Duration(0);
  if (route.kind == hub::RouteKind::xet_download) {
    ++context.services.counters.passed_by[static_cast<size_t>(PassedBy::xet)];
    log::info(
        "a client reads a file by Xet, past the store: it has an old listing of the repository, or the file is above "
        "the size "
        "that clients take over plain HTTP");
  }
  return std::make_unique<RelayExchange>(context, responder, std::move(out));
}

}  // namespace

std::unique_ptr<Exchange> open_intercepted(WorkerContext& context, const std::string& host, http::RequestHead head,
                                           const http::BodyFraming& body, Responder& responder,
                                           std::shared_ptr<const hub::MirrorUrls> mirror) {
  auto& services = context.services;
  ClientRequest request{std::move(head), body, host, services.roles.of(host), std::move(mirror)};
  if (auto refusal = check(host, request.head))
    return std::make_unique<ErrorExchange>(responder, refusal->status, refusal->message);
  if (http::via_holds(request.head.fields, services.pseudonym))
    return std::make_unique<ErrorExchange>(
        responder, 508, "This request has been through this very Weir before: a proxy setting points back to it.");
  auto route = hub::classify(request.role, request.head.method, request.head.target);
  switch (route.kind) {
    case hub::RouteKind::resolve:
      return make_resolve_exchange(context, responder, std::move(request), route);
    case hub::RouteKind::resolve_cache:
      return make_regular_file_exchange(context, responder, std::move(request), route.file);
    case hub::RouteKind::listing:
      return make_listing_exchange(context, responder, std::move(request), route.file);
    case hub::RouteKind::lfs_batch:
      return make_batch_exchange(context, responder, std::move(request), route.file);
    case hub::RouteKind::cdn_object:
      return make_cdn_exchange(context, responder, std::move(request));
    case hub::RouteKind::xet_download:
    case hub::RouteKind::git:
    case hub::RouteKind::upload:
    case hub::RouteKind::other:
      break;
  }
  return open_passed(context, responder, request, route);
}

}  // namespace weir::proxy
