// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/fields.h"

namespace weir::http {

// Removes what belongs to one connection only (RFC 9110, section 7.6.1): Connection and the fields that it names,
// Keep-Alive, Proxy-*, TE, Trailer, Transfer-Encoding, Upgrade and HTTP2-Settings.  Take the body's framing and
// keeps_alive() first.  Connection cannot remove a field that decides how the message is framed, routed, authorised or
// cached (Content-Length, Host, Authorization, Range, ETag and the like): a sender must not name those, and one who
// does wants two readers to differ.
void remove_hop_by_hop(Fields& fields);

}  // namespace weir::http
