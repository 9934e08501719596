// SPDX-License-Identifier: Apache-2.0
#include "cli/service_manager.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <ctime>

#include "base/unique_fd.h"

namespace weir::cli {
namespace {

long long monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace

ServiceManager::ServiceManager(const Environment& environment) {
  auto found = environment.find("NOTIFY_SOCKET");
  if (found == environment.end() || found->second.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (found->second.starts_with('/') || found->second.starts_with('@')) socket_ = found->second;
}

void ServiceManager::ready(std::string_view status) const {
  send(fmt::format("READY=1\nSTATUS={}\n", status));
}

// With the time, as Type=notify-reload demands it.
void ServiceManager::reloading() const {
  send(
      fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=Reading the configuration anew\n", monotonic_microseconds()));
}

void ServiceManager::stopping() const {
  send("STOPPING=1\nSTATUS=Ending\n");
}

void ServiceManager::send(const std::string& message) const {
  if (socket_.empty()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.starts_with('@')) address.sun_path[0] = '\0';
  // An abstract name has no NUL at its end.
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  // MSG_DONTWAIT: a manager that does not read must not hold up the proxy.
  ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace weir::cli
