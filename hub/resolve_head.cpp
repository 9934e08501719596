// SPDX-License-Identifier: Apache-2.0
#include "hub/resolve_head.h"

#include <array>
#include <string_view>

#include "http/hop_by_hop.h"
#include "hub/xet.h"

namespace weir::hub {
namespace {

// They speak of the redirect or of its text.  Expires and Age would date an answer that is made now; Alt-Svc would lead
// the client around the proxy.
constexpr std::array<std::string_view, 17> kOfTheRedirect = {
    "Location",         "Refresh",       "Content-Length", "Content-Type",     "Content-Encoding",
    "Content-Language", "Content-Range", "Content-MD5",    "Content-Location", "Digest",
    "Content-Digest",   "Repr-Digest",   "ETag",           "Last-Modified",    "Age",
    "Expires",          "Alt-Svc",
};

}  // namespace

http::Fields file_fields(const http::Fields& redirect, const Sha256& digest) {
  http::Fields fields = redirect;
  http::remove_hop_by_hop(fields);
  strip_xet(fields);
  for (auto name : kOfTheRedirect) fields.remove(name);
  fields.set("Content-Type", "application/octet-stream");
  fields.set("ETag", '"' + digest.hex() + '"');
  fields.set("Accept-Ranges", "bytes");
  return fields;
}

}  // namespace weir::hub
