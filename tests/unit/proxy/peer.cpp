// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/proxy/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Of the sanitizers' allocator, for which GCC has no header.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace weir::proxy {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

void unblock(int fd) {
  require(::fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
}

}  // namespace

SocketPair socket_pair() {
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

SocketPair tcp_pair() {
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener.get(), generic, size) == 0 && ::listen(listener.get(), 1) == 0, "listen");
  require(::getsockname(listener.get(), generic, &size) == 0, "getsockname");
  SocketPair pair;
  pair.peer.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(::connect(pair.peer.get(), generic, size) == 0, "connect");
  pair.ours.reset(::accept(listener.get(), nullptr, nullptr));
  unblock(pair.peer.get());
  unblock(pair.ours.get());
  return pair;
}

void shrink_buffers(int fd) {
  int smallest = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
}

void Peer::poll() {
  if (!fd_) return;
  while (!unsent_.empty()) {
    ssize_t put = ::send(fd_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (put < 0) break;
    unsent_.erase(0, static_cast<size_t>(put));
  }
  char bytes[64 << 10];
  for (size_t left = reads_at_most; reads && left > 0 && !ended && !reset;) {
    ssize_t got = ::recv(fd_.get(), bytes, std::min(left, sizeof bytes), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) reset = true;
    if (got == 0) ended = true;
    if (got <= 0) return;
    received.append(bytes, static_cast<size_t>(got));
    if (!keeps_dates) received = without_dates(std::move(received));
    left -= static_cast<size_t>(got);
  }
}

void Peer::end_output() {
  ::shutdown(fd_.get(), SHUT_WR);
}

std::string without_dates(std::string heads) {
  constexpr std::string_view kStart = "\r\nDate: ";
  constexpr size_t kSize = kStart.size() + std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size();
  for (size_t at = heads.find(kStart); at != std::string::npos && heads.size() >= at + kSize;)
    at = heads.erase(at, kSize).find(kStart, at);
  return heads;
}

testing::AssertionResult run_until(Loop& loop, const std::function<bool()>& met) {
  auto give_up = monotonic_now() + Duration(30'000);
  Timer look_again(loop, [&] { loop.stop(); });
  while (!met()) {
    if (monotonic_now() > give_up) return testing::AssertionFailure() << "it never came to that";
    look_again.start(Duration(1));
    loop.run();
  }
  return testing::AssertionSuccess();
}

void run_what_is_ready(Loop& loop) {
  for (int round = 0; round < 10; ++round) {
    loop.post([&] { loop.stop(); });
    loop.run();
  }
}

size_t heap_in_use() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return __sanitizer_get_current_allocated_bytes();
#else
  auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

std::string some_bytes(size_t count) {
  std::string bytes(count, '\0');
  uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace weir::proxy
