// SPDX-License-Identifier: Apache-2.0
// Makes the request to the origin from a client's request.  Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/head.h"
#include "http/target.h"
#include "hub/host_roles.h"
#include "hub/mirror_urls.h"
#include "upstream/origin_client.h"

namespace weir::proxy {

// A client's request that was accepted: the target in origin-form, and the host that it is for.
struct ClientRequest {
  http::RequestHead head;
  http::BodyFraming body;
  std::string host;
  hub::Role role = hub::Role::other;
  // Of a client that has Weir for its hub: how the hub's URLs read there.
  std::shared_ptr<const hub::MirrorUrls> mirror = nullptr;

  http::Url url() const { return http::Url{"https", host, 443, head.target, false}; }
};

// The same request as it goes to the origin: hop-by-hop fields and Expect taken out, Host and Via set; Authorization
// stays, except towards a cdn.
upstream::OriginRequest make_origin_request(const ClientRequest& request, std::string_view pseudonym);

// A GET for a part of what `url` names, with none of a client's fields but User-Agent.  The query of the URL is its
// only credential.
upstream::OriginRequest make_range_request(const http::Url& url, std::string_view range, std::string_view user_agent,
                                           std::string_view pseudonym);

}  // namespace weir::proxy
