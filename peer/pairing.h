// SPDX-License-Identifier: Apache-2.0
// What two Weirs say to each other when they pair, on a connection that peer/tls.h describes: the guest sends
// "POST /-/peer/pair" with its proof, the host answers 200 with its own, or 403.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/head.h"
#include "peer/identity.h"
#include "peer/join_code.h"
#include "peer/peer_list.h"
#include "peer/proof.h"

namespace weir::peer {

inline constexpr std::string_view kPairTarget = "/-/peer/pair";
inline constexpr uint16_t kDefaultPort = 9347;

// What one side says of itself, in fields.
struct Introduction {
  Sha256 proof;
  std::string name;   // plain_name()
  uint16_t port = 0;  // that it listens on; 0: it did not say
};
http::Fields fields_of(const Introduction& introduction);
// Nothing when there is no proof.
std::optional<Introduction> introduction_in(const http::Fields& fields);

// The guest's side.  Blocking: connects to the host that the code names, which is known by the code before anything is
// sent, proves and has proved that both know the secret, and returns who the host is.  Errors: refused, with the host's
// own words, when it does not take the proof, and when it has another key or proves nothing; invalid for a code of this
// very Weir; io, timeout.
struct Guest {
  const Identity& identity;
  std::string name;
  uint16_t port = 0;
};
Result<Peer> join(const http::Authority& host, const JoinCode& code, const Guest& guest, WallTime now);

// This machine's name, as peers see it.
std::string own_name();

}  // namespace weir::peer
