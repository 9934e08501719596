// SPDX-License-Identifier: Apache-2.0
#include "proxy/origin_request.h"

#include "http/hop_by_hop.h"
#include "http/via.h"

namespace weir::proxy {
namespace {

constexpr uint16_t kHttpsPort = 443;

upstream::RequestBody body_of(const http::BodyFraming& framing) {
  switch (framing.kind) {
    case http::BodyKind::length:
      return upstream::RequestBody::length;
    case http::BodyKind::chunked:
      return upstream::RequestBody::chunked;
    case http::BodyKind::none:
    case http::BodyKind::until_close:
      break;
  }
  return upstream::RequestBody::none;
}

}  // namespace

upstream::OriginRequest make_origin_request(const ClientRequest& request, std::string_view pseudonym) {
  upstream::OriginRequest out;
  out.method = request.head.method;
  out.host = request.host;
  out.port = kHttpsPort;
  out.target = request.head.target;
  out.fields = request.head.fields;
  http::remove_hop_by_hop(out.fields);
  for (auto name : {"Host", "Expect", "Content-Length"}) out.fields.remove(name);
  if (request.role == hub::Role::cdn) out.fields.remove("Authorization");
  out.fields.add("Host", request.host);
  http::add_via(out.fields, request.head.minor_version, pseudonym);
  out.body = body_of(request.body);
  out.body_length = request.body.length;
  return out;
}

upstream::OriginRequest make_range_request(const http::Url& url, std::string_view range, std::string_view user_agent,
                                           std::string_view pseudonym) {
  upstream::OriginRequest out;
  out.method = "GET";
  out.host = url.host;
  out.port = url.port;
  out.target = url.target;
  out.fields = {{"Host", url.authority().text(kHttpsPort)}, {"Accept", "*/*"}, {"Accept-Encoding", "identity"}};
  out.fields.add("User-Agent", user_agent.empty() ? "weir" : user_agent);
  out.fields.add("Range", range);
  http::add_via(out.fields, 1, pseudonym);
  return out;
}

}  // namespace weir::proxy
