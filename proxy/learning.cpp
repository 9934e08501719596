// SPDX-License-Identifier: Apache-2.0
#include "proxy/learning.h"

#include <utility>

#include "hub/signed_url.h"

namespace weir::proxy {

void learn_location(Services& services, const http::Url& url, const hub::BlobId& blob, hub::SharedGrant grant,
                    std::optional<WallTime> expires) {
  services.roles.learn_cdn(url.host);
  services.catalog.learn(hub::NamedObject{hub::object_name(url.host, url.target), blob});
  services.issued.remember(url, hub::IssuedUrl{blob.digest, blob.size, std::move(grant)}, wall_now(), expires);
}

}  // namespace weir::proxy
