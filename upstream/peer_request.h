// SPDX-License-Identifier: Apache-2.0
// What a paired Weir is asked about a blob, and what its answer to HEAD says.  Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_range.h"
#include "http/head.h"
#include "http/target.h"
#include "upstream/origin_client.h"

namespace weir::upstream {

// Whether it has the blob, and which bytes of it.  `place`: of the blob at the peer (source_url()); `pseudonym`: Weir's
// name in Via.
OriginRequest ask_what_peer_has(const http::Url& place, std::shared_ptr<const PeerTls> tls,
                                const std::string& pseudonym);

struct PeerHolding {
  uint64_t size = 0;
  std::vector<ByteRange> runs;  // ascending, no two touch

  bool operator==(const PeerHolding&) const = default;
};
// Nothing for an answer that is not 200, or whose size or ranges make no sense.
std::optional<PeerHolding> holding_in(const http::ResponseHead& answer);

}  // namespace weir::upstream
