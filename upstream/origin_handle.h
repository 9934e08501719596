// SPDX-License-Identifier: Apache-2.0
// Says an OriginRequest in libcurl's options: exactly its own bytes and nothing of libcurl's habits.
#pragma once

#include "upstream/curl_handle.h"
#include "upstream/origin_client.h"

namespace weir::upstream {

// "host:port" with brackets around an IPv6 literal; nothing when the host is neither a name nor an address (RFC 9110,
// section 7.2).
std::optional<std::string> authority_text(const std::string& host, uint16_t port);

// What holds for every handle: no signals, no proxy, time to connect.
void set_transport(EasyHandle& easy, const OriginOptions& options);

// Sets method, target, fields and framing.  `lines` is filled and must outlive the handle.  HEAD goes without a body
// (RFC 9110, section 9.3.2).
void set_request(EasyHandle& easy, const OriginRequest& request, const std::string& authority, CurlList& lines);

}  // namespace weir::upstream
