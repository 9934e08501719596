// SPDX-License-Identifier: Apache-2.0
// How long the kernel tries to connect a TCP socket to its address, which is one of several that libcurl may have to
// try: TCP_USER_TIMEOUT (RFC 5482; Linux has it end an unanswered SYN as well).
#pragma once

#include "base/clock.h"

namespace weir::upstream {

// connect() fails with ETIMEDOUT after that time, and not within a second.
void limit_connecting(int socket, Duration timeout);
// It is connected: from now on it may wait for its peer as long as any other socket.
void lift_connect_limit(int socket);

}  // namespace weir::upstream
