// SPDX-License-Identifier: Apache-2.0
// A TCP socket that listens on 127.0.0.1.  The kernel finishes the handshakes; nobody is accepted unless the test does.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <vector>

#include "base/unique_fd.h"

namespace weir::upstream {

class LoopbackListener {
 public:
  // `backlog`: how many that nobody has accepted may wait, and one more.
  explicit LoopbackListener(int backlog = 8) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(fd_.get(), generic(), size), 0);
    EXPECT_EQ(::listen(fd_.get(), backlog), 0);
    EXPECT_EQ(::getsockname(fd_.get(), generic(), &size), 0);
  }

  uint16_t port() const { return ntohs(address_.sin_port); }
  UniqueFd accept() { return UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  bool has_caller() {
    pollfd waiting{fd_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
  }
  void close() { fd_.reset(); }

  // From now on the kernel drops what comes: whoever connects is neither refused nor accepted.  Of a listener without
  // a backlog.
  void fill_queue() {
    for (int i = 0; i < 4; ++i) {
      callers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(callers_.back().get(), generic(), sizeof address_);
    }
  }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }

  UniqueFd fd_;
  sockaddr_in address_{};
  std::vector<UniqueFd> callers_;
};

}  // namespace weir::upstream
