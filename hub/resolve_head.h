// SPDX-License-Identifier: Apache-2.0
// The fields of Weir's own answer for a file, made from the hub's redirect.  Pure.
#pragma once

#include "base/digest.h"
#include "http/fields.h"

namespace weir::hub {

// What the hub said about the file and the exchange stays (X-Linked-*, X-Repo-Commit, Content-Disposition, Vary,
// Set-Cookie, rate limits and whatever else goes end to end); what describes the redirect and its text goes, with the
// signs of Xet.  Content-Type, ETag (the sha256, strong) and Accept-Ranges are Weir's.  The caller adds Content-Length
// and, for a 206, Content-Range.
http::Fields file_fields(const http::Fields& redirect, const Sha256& digest);

}  // namespace weir::hub
