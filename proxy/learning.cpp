// SPDX-License-Identifier: Apache-2.0
#include "proxy/learning.h"

#include <utility>

#include "base/log.h"
#include "hub/signed_url.h"

namespace weir::proxy {

namespace {

uint64_t believed_size(const Services& services, const hub::ObjectName& name, const hub::BlobId& blob, SizeBy size_by) {
  if (auto held = services.store.size_of(blob.digest)) return *held;
  if (size_by == SizeBy::hub) return blob.size;
  auto known = services.catalog.find_object(name);
  return known && known->digest == blob.digest ? known->size : blob.size;
}

}  // namespace

void learn_location(Services& services, const http::Url& url, const hub::BlobId& blob, SizeBy size_by,
                    hub::SharedGrant grant, std::optional<WallTime> expires) {
  auto name = hub::object_name(url.host, url.target);
  auto size = believed_size(services, name, blob, size_by);
  if (size != blob.size)
    log::warning("the size of {} is {} bytes; {} were named with its place on {}", blob.digest.hex(), size, blob.size,
                 url.host);
  services.roles.learn_cdn(url.host);
  services.catalog.learn(hub::NamedObject{std::move(name), {blob.digest, size}});
  services.issued.remember(url, hub::IssuedUrl{blob.digest, size, std::move(grant)}, wall_now(), expires);
}

}  // namespace weir::proxy
