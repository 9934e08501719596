// SPDX-License-Identifier: Apache-2.0
// A server on 127.0.0.1, in clear, that takes one connection, reads a request's head, answers with fixed bytes and
// closes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>

#include "base/address.h"
#include "base/unique_fd.h"

namespace weir::fakes {

class OneAnswerServer {
 public:
  explicit OneAnswerServer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), plain, length) == 0 && ::listen(listener_.get(), 1) == 0)
      ::getsockname(listener_.get(), plain, &length);
    endpoint_ = {*IpAddress::parse("127.0.0.1"), ntohs(address.sin_port)};
    thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
  }
  ~OneAnswerServer() { end(); }

  const Endpoint& endpoint() const { return endpoint_; }
  // Waits until it has answered, or ends it where nobody came.
  void end() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  // The head that came; after end().
  const std::string& asked() const { return asked_; }

 private:
  void serve(const std::string& answer) {
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char byte = 0;
    while (!asked_.ends_with("\r\n\r\n") && ::read(client.get(), &byte, 1) == 1) asked_ += byte;
    (void)!::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  UniqueFd listener_;
  Endpoint endpoint_;
  std::string asked_;
  std::thread thread_;
};

}  // namespace weir::fakes
