// SPDX-License-Identifier: Apache-2.0
#include "upstream/address_policy.h"

#include <utility>

namespace weir::upstream {
namespace {

bool is_unspecified(const IpAddress& address) {
  static const auto v4 = *IpAddress::parse("0.0.0.0");
  return address == v4 || address == IpAddress();
}

// True when a connection to `target` ends at a socket that listens on `own`.  Linux connects an unspecified address to
// loopback.
bool reaches(const IpAddress& target, const IpAddress& own) {
  if (target == own) return true;
  if (is_unspecified(own)) return target.is_loopback() || is_unspecified(target);
  return is_unspecified(target) && own.is_loopback();
}

}  // namespace

AddressPolicy::AddressPolicy(ReachOptions options, Endpoint own)
    : allow_private_(std::move(options.allow_private)), own_(own) {}

void AddressPolicy::set(ReachOptions options) {
  std::lock_guard lock(mutex_);
  allow_private_ = std::move(options.allow_private);
}

bool AddressPolicy::allows(const Endpoint& target) const {
  auto plain = target.address.embedded_v4().value_or(target.address);
  if (target.port == own_.port && reaches(plain, own_.address)) return false;
  if (target.address.is_public()) return true;
  std::lock_guard lock(mutex_);
  return any_contains(allow_private_, target.address);
}

}  // namespace weir::upstream
