// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/clock.h"
#include "http/target.h"
#include "hub/grant.h"
#include "proxy/services.h"

namespace weir::proxy {

// The hub named `url` to a client as the place of a blob: its host is a cdn, its path stands for the blob from now on,
// and whoever comes with this very URL before it expires was permitted.
void learn_location(Services& services, const http::Url& url, const hub::BlobId& blob, hub::SharedGrant grant,
                    std::optional<WallTime> expires = std::nullopt);

}  // namespace weir::proxy
