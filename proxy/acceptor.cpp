// SPDX-License-Identifier: Apache-2.0
#include "proxy/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace weir::proxy {
namespace {

constexpr int kBacklog = 1024;
// When descriptors have run out: so long until the next try, instead of spinning on a socket that stays readable.
constexpr Duration kRetryDelay{200};

socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& storage) {
  std::memset(&storage, 0, sizeof storage);
  const auto& bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, bytes.data() + 12, 4);
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, bytes.data(), 16);
  return sizeof v6;
}

}  // namespace

Result<UniqueFd> listen_on(const Endpoint& endpoint) {
  sockaddr_storage storage;
  auto size = to_sockaddr(endpoint, storage);
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(errno_error("opening a socket"));
  int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    auto code = errno == EADDRINUSE ? ErrorCode::busy : ErrorCode::io;
    auto error = errno_error("listening on " + endpoint.text());
    return fail(code, error.message);
  }
  return fd;
}

Result<Endpoint> bound_endpoint(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return fail(errno_error("getsockname"));
  auto address = IpAddress::from_sockaddr(reinterpret_cast<sockaddr&>(storage));
  if (!address) return fail(ErrorCode::io, "the listening socket has no IP address");
  // sin_port and sin6_port stand in the same place.
  return Endpoint{*address, ntohs(reinterpret_cast<sockaddr_in&>(storage).sin_port)};
}

Acceptor::Acceptor(Loop& loop, UniqueFd listener, Adopt adopt)
    : listener_(std::move(listener)),
      adopt_(std::move(adopt)),
      watch_(loop, listener_.get(), [this](bool, bool) { accept_all(); }),
      retry_(loop, [this] { watch_.want(Interest::read); }) {
  watch_.want(Interest::read);
}

void Acceptor::stop() {
  watch_.want(Interest::none);
  retry_.stop();
  listener_.reset();
}

void Acceptor::accept_all() {
  for (;;) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    UniqueFd fd(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
      log::warning("accepting a connection: {}; trying again soon", errno_error("accept").message);
      watch_.want(Interest::none);
      retry_.start(kRetryDelay);
      return;
    }
    int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (auto client = IpAddress::from_sockaddr(reinterpret_cast<sockaddr&>(storage))) adopt_(std::move(fd), *client);
  }
}

}  // namespace weir::proxy
