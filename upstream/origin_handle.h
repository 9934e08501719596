// SPDX-License-Identifier: Apache-2.0
// Says an OriginRequest in libcurl's options: exactly its own bytes and nothing of libcurl's habits.
#pragma once

#include "upstream/address_policy.h"
#include "upstream/curl_handle.h"
#include "upstream/origin_client.h"

namespace weir::upstream {

// "host:port" with brackets around an IPv6 literal; nothing when the host is neither a name nor an address (RFC 9110,
// section 7.2).
std::optional<std::string> authority_text(const std::string& host, uint16_t port);

// What holds for every handle: no signals, no proxy of the environment, time to connect.
void set_transport(EasyHandle& easy, const OriginOptions& options);

// Leads the handle through a tunnel in that proxy (RFC 9110, section 9.3.6), after set_transport().  `fields`: of
// parent_fields(); must outlive the handle.
void set_parent(EasyHandle& easy, const ParentProxy& parent, const CurlList& fields);

// What Weir adds to the CONNECT requests that it sends.  `via`: through whom the request behind one came to Weir, or
// "".
CurlList parent_fields(const ParentRoute& route, std::string_view via = {});

// An address literal that may not be asked of a parent proxy.  Names are the proxy's to resolve and to judge.
std::optional<IpAddress> refused_literal(const AddressPolicy& policy, const std::string& host, uint16_t port);

// Sets method, target, fields and framing.  `lines` is filled and must outlive the handle.  HEAD goes without a body
// (RFC 9110, section 9.3.2).
void set_request(EasyHandle& easy, const OriginRequest& request, const std::string& authority, CurlList& lines);

}  // namespace weir::upstream
