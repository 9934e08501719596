// SPDX-License-Identifier: Apache-2.0
#include "tests/component/peer/tls_end.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <stdexcept>

namespace weir::peer {

TlsEnd::TlsEnd(std::shared_ptr<ssl_ctx_st> context, Handler handler)
    : context_(std::move(context)), handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  std::signal(SIGPIPE, SIG_IGN);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_.get(), 8) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no socket to listen on");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TlsEnd::~TlsEnd() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
  for (const auto& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
  for (auto& thread : threads_) thread.join();
}

bool TlsEnd::wait_for(int handshakes) const {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (finished_ + failed_ < handshakes) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

void TlsEnd::run() {
  for (;;) {
    UniqueFd fd(::accept(listener_.get(), nullptr, nullptr));
    if (!fd) return;
    threads_.emplace_back([this, number = fd.get()] { serve(number); });
    std::lock_guard lock(mutex_);
    sockets_.push_back(std::move(fd));
  }
}

void TlsEnd::serve(int fd) {
  std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(ssl.get(), fd);
  bool shaken = SSL_accept(ssl.get()) == 1;
  ++(shaken ? finished_ : failed_);
  if (shaken) {
    handler_(ssl.get());
    SSL_shutdown(ssl.get());
  }
  ::shutdown(fd, SHUT_RDWR);
}

std::shared_ptr<ssl_ctx_st> server_context() {
  return {SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
}

std::string read_head(ssl_st* ssl) {
  std::string text;
  char byte = 0;
  while (!text.ends_with("\r\n\r\n") && SSL_read(ssl, &byte, 1) == 1) text += byte;
  return text;
}

void write_text(ssl_st* ssl, const std::string& text) {
  SSL_write(ssl, text.data(), static_cast<int>(text.size()));
}

}  // namespace weir::peer
