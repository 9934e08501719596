// SPDX-License-Identifier: Apache-2.0
#include "upstream/connect_limit.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace weir::upstream {
namespace {

void set_user_timeout(int socket, unsigned milliseconds) {
  // A kernel that refuses it leaves the limit to libcurl, which has one for all addresses.
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

}  // namespace

void limit_connecting(int socket, Duration timeout) {
  set_user_timeout(socket, static_cast<unsigned>(timeout.count()));
}

void lift_connect_limit(int socket) {
  set_user_timeout(socket, 0);
}

}  // namespace weir::upstream
