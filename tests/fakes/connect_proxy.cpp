// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/connect_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace weir::fakes {
namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    auto put = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

// Moves what is there.  False when `from` has ended or `to` is broken.
bool move_some(int from, int to) {
  std::array<char, 16384> bytes;
  auto got = ::recv(from, bytes.data(), bytes.size(), 0);
  if (got > 0 && send_all(to, {bytes.data(), static_cast<size_t>(got)})) return true;
  ::shutdown(to, SHUT_WR);
  return false;
}

std::string read_head(int socket) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n") && ::recv(socket, &byte, 1, 0) == 1) head += byte;
  return head;
}

}  // namespace

void carry(int a, int b) {
  std::array<pollfd, 2> both{pollfd{a, POLLIN, 0}, pollfd{b, POLLIN, 0}};
  while ((both[0].fd >= 0 || both[1].fd >= 0) && ::poll(both.data(), both.size(), -1) > 0) {
    if (both[0].fd >= 0 && both[0].revents && !move_some(a, b)) both[0].fd = -1;
    if (both[1].fd >= 0 && both[1].revents && !move_some(b, a)) both[1].fd = -1;
  }
}

int connect_to_loopback(uint16_t port) {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(port);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect");
  return socket;
}

ConnectProxy::ConnectProxy(uint16_t target)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), target_(target) {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ConnectProxy::~ConnectProxy() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    std::lock_guard lock(mutex_);
    for (int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
}

void ConnectProxy::answer_with(std::string answer) {
  std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

std::vector<std::string> ConnectProxy::heads() {
  std::lock_guard lock(mutex_);
  return heads_;
}

void ConnectProxy::accept_all() {
  for (;;) {
    int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    {
      std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
    }
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void ConnectProxy::serve(int socket) {
  auto head = read_head(socket);
  std::string answer;
  {
    std::lock_guard lock(mutex_);
    if (!head.empty()) heads_.push_back(head);
    answer = answer_;
  }
  if (!answer.empty()) {
    send_all(socket, answer);
  } else if (!head.empty() &&
             send_all(socket, "HTTP/1.1 200 Connection established\r\nX-Parent: yes\r\nVia: 1.1 parent\r\n\r\n")) {
    int target = connect_to_loopback(target_);
    carry(socket, target);
    ::close(target);
  }
  std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
}

}  // namespace weir::fakes
