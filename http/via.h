// SPDX-License-Identifier: Apache-2.0
// The Via header (RFC 9110, section 7.6.3), by which a proxy sees that a request has passed it before.
#pragma once

#include <string>
#include <string_view>

#include "http/fields.h"

namespace weir::http {

// The list of all Via fields in one, or "".
std::string via_of(const Fields& fields);

// True when any Via names `pseudonym` as a recipient.
bool via_holds(const Fields& fields, std::string_view pseudonym);

// Adds the entry of a recipient that got the message in HTTP/1.minor_version, behind those that are there.
void add_via(Fields& fields, int minor_version, std::string_view pseudonym);

}  // namespace weir::http
