// SPDX-License-Identifier: Apache-2.0
#include "proxy/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace weir::proxy {
namespace {

constexpr int kBacklog = 1024;
// When descriptors run short: so long until the next look, instead of spinning on a socket that stays readable.
constexpr Duration kRetryDelay{200};
// A proxy at its limit says so no more often than this.
constexpr Duration kWarningInterval{60'000};

// What connections of clients leave to the origin and to the store's files at most.
constexpr int kMaxReserve = 4096;
// Fewer clients than that are no use to anybody.
constexpr int kFewestClients = 4;

// It may be changed while Weir runs (prlimit).
int descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return INT_MAX;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, INT_MAX));
}

// The kernel gives the lowest number that is free: all below it are in use.  The limit when none is.
int lowest_free(int listener) {
  UniqueFd lowest(::fcntl(listener, F_DUPFD_CLOEXEC, 0));
  return lowest ? lowest.get() : descriptor_limit();
}

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

void set_up_connection(int fd) {
  auto set = [fd](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  // A client that went without a word (a machine that sleeps, a NAT that forgot) is found out after two minutes, also
  // by a tunnel or an answer that waits.
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
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

Result<void> check_descriptors(int at_rest) {
  auto limit = descriptor_limit();
  if (limit - at_rest >= 2 * kFewestClients) return {};
  return fail(ErrorCode::no_descriptors,
              "Weir may open " + std::to_string(limit) + " files and needs " + std::to_string(at_rest) +
                  " before the first client comes: raise the limit (ulimit -n, LimitNOFILE)");
}

Acceptor::Acceptor(Loop& loop, UniqueFd listener, Adopt adopt)
    : listener_(std::move(listener)),
      adopt_(std::move(adopt)),
      at_rest_(lowest_free(listener_.get())),
      watch_(loop, listener_.get(), [this](bool, bool) { accept_all(); }),
      retry_(loop, [this] { look_again(); }) {
  watch_.want(Interest::read);
}

Result<void> Acceptor::check_room() const {
  return check_descriptors(at_rest_);
}

// Of what is left to clients and all that they cause, clients leave half where there is little.
int Acceptor::end_for_clients() const {
  auto limit = descriptor_limit();
  return limit - std::min(std::max(limit - at_rest_, 0) / 2, kMaxReserve);
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
      return pause(errno_error("accept").message);
    }
    bool last = fd.get() >= end_for_clients();
    set_up_connection(fd.get());
    if (auto client = IpAddress::from_sockaddr(reinterpret_cast<sockaddr&>(storage))) adopt_(std::move(fd), *client);
    if (last) return pause("the descriptors that the system allows for connections are in use");
  }
}

void Acceptor::pause(std::string_view reason) {
  watch_.want(Interest::none);
  retry_.start(kRetryDelay);
  auto now = monotonic_now();
  if (warned_at_ && now - *warned_at_ < kWarningInterval) return;
  warned_at_ = now;
  log::warning("new connections wait: {}; raise the limit of open files (ulimit -n, LimitNOFILE) if that lasts",
               reason);
}

void Acceptor::look_again() {
  if (lowest_free(listener_.get()) < end_for_clients()) return watch_.want(Interest::read);
  retry_.start(kRetryDelay);
}

}  // namespace weir::proxy
