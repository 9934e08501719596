// SPDX-License-Identifier: Apache-2.0
// Whether the peer's certificate names the host in its subjectAltName.  libcurl takes the common name of a certificate
// that has no such names (tried with 7.88); browsers and the hub's own clients have long ceased to (RFC 9110, section
// 4.3.4).
#pragma once

#include <string>

#include "upstream/curl_handle.h"

namespace weir::upstream {

// From within a callback of a transfer that is connected.  `host`: a name, or an IP literal without brackets.
bool certificate_names(const EasyHandle& easy, const std::string& host);

}  // namespace weir::upstream
