// SPDX-License-Identifier: Apache-2.0
// The credentials with which the hub permitted one client one file, and the request that it accepted them for: what a
// fetch asks again with when its signed URL has expired.  In memory only, wiped when the last holder lets go; never
// logged or stored, and never sent to another host than that of the request.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "base/digest.h"
#include "base/secret.h"
#include "http/fields.h"

namespace weir::hub {

// GET of this absolute URL was answered by a redirect to the file.
struct ResolveRequest {
  std::string url;

  bool operator==(const ResolveRequest&) const = default;
};

// A download batch for this object, POSTed to this absolute URL, was answered by a place to download from.
struct LfsRequest {
  std::string url;
  Sha256 oid;
  uint64_t size = 0;

  bool operator==(const LfsRequest&) const = default;
};

struct Grant {
  Secret authorization;  // the value of the field; empty when the client sent none
  Secret cookie;
  std::variant<ResolveRequest, LfsRequest> accepted_for;

  bool operator==(const Grant&) const = default;
};

using SharedGrant = std::shared_ptr<const Grant>;

// A grant with the credentials in a client's request.
SharedGrant make_grant(const http::Fields& request, std::variant<ResolveRequest, LfsRequest> accepted_for);

}  // namespace weir::hub
