// SPDX-License-Identifier: Apache-2.0
// What the tests of connections share: pairs of sockets, the other end of one, and a loop that is run until something
// is so.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/unique_fd.h"

namespace weir::proxy {

// Two connected sockets that do not block.
struct SocketPair {
  UniqueFd ours;
  UniqueFd peer;
};
SocketPair socket_pair();
// Over loopback: with resets.
SocketPair tcp_pair();
// Makes the socket's buffers as small as the system allows.
void shrink_buffers(int fd);

// The other end of a connection under test.
class Peer {
 public:
  Peer() = default;
  explicit Peer(UniqueFd fd) : fd_(std::move(fd)) {}

  // Queues bytes; poll() sends them.
  void send(std::string_view bytes) {
    unsent_ += bytes;
    poll();
  }
  // Sends what can be sent and, unless it is told not to, takes what is there.
  void poll();
  void end_output();
  void leave() { fd_.reset(); }
  size_t unsent() const { return unsent_.size(); }
  int fd() const { return fd_.get(); }
  UniqueFd take_fd() { return std::move(fd_); }

  bool keeps_dates = true;  // in `received`; without them answers are the same at any time
  bool reads = true;
  size_t reads_at_most = SIZE_MAX;  // in one poll()
  std::string received;
  bool ended = false;  // by a FIN, behind what was received
  bool reset = false;

 private:
  UniqueFd fd_;
  std::string unsent_;
};

// `heads` without their Date lines.
std::string without_dates(std::string heads);

// Runs the loop until `met()` is true; a failure when that takes far too long.
testing::AssertionResult run_until(Loop& loop, const std::function<bool()>& met);
// Runs the loop until all that is ready now has been seen to, several times over.
void run_what_is_ready(Loop& loop);

// Bytes on the heap now.
size_t heap_in_use();

// So many bytes, each run of them different.
std::string some_bytes(size_t count);

}  // namespace weir::proxy
