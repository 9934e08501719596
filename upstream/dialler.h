// SPDX-License-Identifier: Apache-2.0
// Opens plain TCP connections for tunnels, by libcurl (names resolved off the loop, both address families tried, RFC
// 8305), or through the parent proxy.  The address policy decides on the very address that is then connected to;
// through the parent, which resolves the names, on address literals alone.  Belongs to one loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/loop.h"
#include "base/unique_fd.h"
#include "upstream/address_policy.h"
#include "upstream/options.h"
#include "upstream/origin_client.h"

namespace weir::upstream {

// One attempt to connect.  Destroying it gives it up.
class Dial {
 public:
  virtual ~Dial() = default;
};

class Dialler {
 public:
  using Done = std::function<void(tl::expected<UniqueFd, OriginFault>)>;

  // `trusted_roots`: as an OriginClient's, for a parent proxy that is spoken to over TLS.
  Dialler(Loop& loop, const OriginOptions& options, const AddressPolicy& policy, std::string_view trusted_roots = {});
  ~Dialler();

  // Calls `done` once, later, with a connected non-blocking socket or the fault.  `done` may destroy the dial.  `via`:
  // through whom the request for it came, the value of a Via field or ""; a parent proxy is told.
  std::unique_ptr<Dial> dial(const std::string& host, uint16_t port, Done done, std::string_view via = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::upstream
