// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/clock.h"
#include "http/target.h"
#include "hub/grant.h"
#include "proxy/services.h"

namespace weir::proxy {

// Whose word the size of a blob is.
enum class SizeBy {
  hub,
  client,  // the hub repeats what it was told, as in the answer to an LFS batch: what is known already goes before
};

// The hub named `url` to a client as the place of a blob: its host is a cdn, its path stands for the blob from now on,
// and whoever comes with this very URL before it expires was permitted.  A size that contradicts the blob in the store
// is not believed.
void learn_location(Services& services, const http::Url& url, const hub::BlobId& blob, SizeBy size_by,
                    hub::SharedGrant grant, std::optional<WallTime> expires = std::nullopt);

}  // namespace weir::proxy
