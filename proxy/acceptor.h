// SPDX-License-Identifier: Apache-2.0
// Listens, and hands each new connection to the worker with the fewest.  Connections are few, heavy and long, so
// balance matters more than the hop.  When descriptors run short it pauses: who connects waits, who is served goes on.
// Lives on its own loop's thread.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::proxy {

// A listening socket.  Errors: busy when the port is taken; io.
Result<UniqueFd> listen_on(const Endpoint& endpoint);
// The endpoint that a socket is bound to: says which port 0 became.
Result<Endpoint> bound_endpoint(int fd);

// Whether the process may open so many files that some clients are served when `at_rest` of them are in use already;
// the error (no_descriptors) says what to do.
Result<void> check_descriptors(int at_rest);

class Acceptor {
 public:
  using Adopt = std::function<void(UniqueFd fd, IpAddress client)>;

  Acceptor(Loop& loop, UniqueFd listener, Adopt adopt);
  // check_descriptors() with what was in use when it was made.
  Result<void> check_room() const;
  // Closes the listening socket: no further connection.
  void stop();

 private:
  int end_for_clients() const;
  void accept_all();
  void pause(std::string_view reason);
  void look_again();

  UniqueFd listener_;
  Adopt adopt_;
  const int at_rest_;  // descriptors that are in use without any client
  FdWatch watch_;
  Timer retry_;
  std::optional<MonotonicTime> warned_at_;
};

}  // namespace weir::proxy
