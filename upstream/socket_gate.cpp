// SPDX-License-Identifier: Apache-2.0
#include "upstream/socket_gate.h"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "upstream/connect_limit.h"

namespace weir::upstream {
namespace {

uint16_t port_of(const sockaddr& address) {
  // sockaddr_in and sockaddr_in6 have the port at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

bool is_lack_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE;
}

}  // namespace

void SocketGate::guard(EasyHandle& easy) {
  easy.set(CURLOPT_OPENSOCKETFUNCTION, &SocketGate::open);
  easy.set(CURLOPT_OPENSOCKETDATA, this);
}

bool SocketGate::lacked_descriptors(CURLcode code) const {
  if (code == CURLE_COULDNT_CONNECT) return no_descriptors_;
  if (code != CURLE_COULDNT_RESOLVE_HOST && code != CURLE_COULDNT_RESOLVE_PROXY) return false;
  // The resolver does not say: it is tried.
  return !UniqueFd(::eventfd(0, EFD_CLOEXEC)) && is_lack_of_descriptors(errno);
}

bool SocketGate::allows(const sockaddr& address) {
  auto ip = IpAddress::from_sockaddr(address);
  if (!ip) return false;
  bool allowed = reach_ == Reach::operators_choice || policy_.allows(Endpoint{*ip, port_of(address)});
  if (allowed) {
    allowed_any_ = true;
  } else {
    refused_ = *ip;
  }
  return allowed;
}

curl_socket_t SocketGate::open(void* self, curlsocktype, curl_sockaddr* address) {
  auto& gate = *static_cast<SocketGate*>(self);
  if (!gate.allows(address->addr)) return CURL_SOCKET_BAD;
  int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket >= 0) limit_connecting(socket, gate.address_timeout_);
  gate.no_descriptors_ = socket < 0 && is_lack_of_descriptors(errno);
  return socket;
}

}  // namespace weir::upstream
