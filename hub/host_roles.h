// SPDX-License-Identifier: Apache-2.0
// What a host is to the hub's clients.  The role decides which routes a request can have and whether an Authorization
// goes along: it is removed at a cdn and nowhere else.  Known names come first; a host that the hub itself named as a
// place to download from is learnt as a cdn, but never one that is a hub, api or cas by name.
#pragma once

#include <cstddef>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace weir::hub {

enum class Role {
  hub,  // the web site, its API, git, and /resolve
  api,  // services beside it: dataset viewer, inference
  cas,  // the Xet server: reconstructions, uploads
  cdn,  // signed URLs of file bytes; needs no Authorization and gets none
  other,
};

std::string_view name_of(Role role);

// `host` in lower case, without one trailing dot: the one spelling under which hosts are compared.
std::string plain_host(std::string_view host);

// The role by name alone.  `host` is a name without a port, in any case, with or without one trailing dot.
Role role_of(std::string_view host);

// Roles by name and by what was learnt.  Thread-safe.
class HostRoles {
 public:
  // More would be a hub that names a new host for each file; those stay `other` and pass through.
  static constexpr size_t kMaxLearnt = 1024;

  Role of(std::string_view host) const;
  // `host` was named by the hub in the Location of a file's redirect or in the href of an LFS download.
  void learn_cdn(std::string_view host);

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_set<std::string> learnt_;  // guarded by mutex_; plain_host()
};

}  // namespace weir::hub
