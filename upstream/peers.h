// SPDX-License-Identifier: Apache-2.0
// The Weirs that this one is paired with, as the fetches see them.
#pragma once

#include <memory>
#include <vector>

#include "upstream/options.h"

namespace weir::upstream {

class PeerTls;

// From any thread.
class Peers {
 public:
  using Sources = std::shared_ptr<const std::vector<SourceOptions>>;

  virtual ~Peers() = default;
  // Each as a source: the same object until something changes.
  virtual Sources sources() = 0;
  // How that source and this Weir know each other.  Null: the two are not paired.
  virtual std::shared_ptr<const PeerTls> tls_of(const SourceOptions& source) = 0;
};

}  // namespace weir::upstream
