// SPDX-License-Identifier: Apache-2.0
#include "cli/local_http.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "http/head.h"

namespace weir::cli {
namespace {

constexpr size_t kAnswerLimit = 16 << 20;

// Fills `storage`, returns its length.
socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& storage) {
  const auto& bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, bytes.data() + 12, 4);
    std::memcpy(&storage, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, bytes.data(), 16);
  std::memcpy(&storage, &v6, sizeof v6);
  return sizeof v6;
}

// One connection with a deadline for everything.
class Connection {
 public:
  Connection(const Endpoint& server, Duration timeout) : server_(server), deadline_(monotonic_now() + timeout) {}

  Result<void> open() {
    sockaddr_storage address{};
    auto length = to_sockaddr(server_, address);
    fd_.reset(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_) return fail(errno_error("making a socket"));
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return {};
    if (errno != EINPROGRESS) return fail(errno_error("connecting to " + server_.text()));
    TRY(wait(POLLOUT));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(errno_error("connecting to " + server_.text(), error));
    return {};
  }

  Result<void> send(std::string_view bytes) {
    while (!bytes.empty()) {
      TRY(wait(POLLOUT));
      ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (put < 0) return fail(errno_error("sending to " + server_.text()));
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    return {};
  }

  // All that comes until the other side closes.
  Result<std::string> receive() {
    std::string all;
    char buffer[16384];
    for (;;) {
      TRY(wait(POLLIN));
      ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got < 0) return fail(errno_error("reading from " + server_.text()));
      if (got == 0) return all;
      all.append(buffer, static_cast<size_t>(got));
      if (all.size() > kAnswerLimit) return fail(ErrorCode::io, server_.text() + " answers with too much");
    }
  }

 private:
  Result<void> wait(short events) {
    for (;;) {
      auto left = std::chrono::ceil<Duration>(deadline_ - monotonic_now()).count();
      if (left <= 0) return fail(ErrorCode::timeout, server_.text() + " does not answer in time");
      pollfd ready{fd_.get(), events, 0};
      int count = ::poll(&ready, 1, static_cast<int>(std::min<Duration::rep>(left, 60'000)));
      if (count > 0) return {};
      if (count < 0 && errno != EINTR) return fail(errno_error("waiting for " + server_.text()));
    }
  }

  Endpoint server_;
  MonotonicTime deadline_;
  UniqueFd fd_;
};

}  // namespace

Result<LocalAnswer> local_get(const Endpoint& server, std::string_view path, Duration timeout) {
  Connection connection(server, timeout);
  TRY(connection.open());
  // HTTP/1.0: the body is never chunked, and its end is the connection's.
  TRY(connection.send("GET " + std::string(path) + " HTTP/1.0\r\nHost: " + server.text() + "\r\n\r\n"));
  TRY_ASSIGN(auto bytes, connection.receive());
  auto not_http = fail(ErrorCode::io, "what answers at " + server.text() + " is no Weir");
  auto head_end = http::find_head_end(bytes);
  if (!head_end) return not_http;
  auto head = http::parse_response(std::string_view(bytes).substr(0, *head_end));
  if (!head) return not_http;
  auto framing = http::response_framing(*head, "GET");
  auto body = bytes.substr(*head_end);
  if (!framing || framing->kind == http::BodyKind::chunked) return not_http;
  if (framing->kind == http::BodyKind::length && body.size() != framing->length)
    return fail(ErrorCode::io, "the answer of " + server.text() + " was cut short");
  return LocalAnswer{head->status, std::move(body)};
}

}  // namespace weir::cli
