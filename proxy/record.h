// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"

namespace weir::proxy {

enum class Outcome {
  none,       // Weir's own answer: an error, the admin surface
  hit,        // from the store, no body from the origin
  collapsed,  // from a fetch that another request had started
  miss,       // from a fetch that this request started
  pass,       // relayed
  tunnel,     // bytes of a connection that is not ours to read
};

// "hit", "miss" and so on; "-" for none.
std::string_view name_of(Outcome outcome);

// What the access log and the counters learn of one request.  Filled while it is served.
struct RequestRecord {
  std::string client;  // its address, without the port
  std::string user;    // the name that it gave; "" when none is asked for
  std::string method;
  std::string host;
  std::string path;  // without the query, which may be a signature
  int status = 0;
  Outcome outcome = Outcome::none;
  std::optional<Sha256> digest;
  uint64_t from_store = 0;   // bytes of the body that came from the store
  uint64_t from_origin = 0;  // bytes of the body that came from the origin for this request
  std::string sources;       // whose bytes a fetch brought meanwhile: their names, with commas
  bool complete = false;     // the client got the whole answer
  MonotonicTime started;
};

}  // namespace weir::proxy
