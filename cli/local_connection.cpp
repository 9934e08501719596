// SPDX-License-Identifier: Apache-2.0
#include "cli/local_connection.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::cli {
namespace {

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

std::string last_tls_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason ? reason : "the connection was closed";
}

// Trusts the file's certificates alone, also one that is no root.
bool trust(SSL_CTX* context, const std::filesystem::path& file) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
  return SSL_CTX_load_verify_file(context, file.c_str()) == 1;
}

// The function behind SSL_set_tlsext_host_name(3), a macro with a cast of the old style.
bool name_server(SSL* ssl, std::string name) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1 &&
         SSL_set1_host(ssl, name.c_str()) == 1;
}

}  // namespace

void LocalConnection::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}
void LocalConnection::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

LocalConnection::LocalConnection(ProxyContact server, Duration timeout, int stop)
    : server_(std::move(server)), deadline_(monotonic_now() + timeout), stop_(stop) {}

LocalConnection::~LocalConnection() = default;

Result<void> LocalConnection::open() {
  TRY(connect());
  return server_.tls() ? start_tls() : Result<void>();
}

Result<void> LocalConnection::connect() {
  sockaddr_storage address{};
  auto length = to_sockaddr(server_.endpoint, address);
  auto where = "connecting to " + server_.endpoint.text();
  fd_.reset(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd_) return fail(errno_error("making a socket"));
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return {};
  if (errno != EINPROGRESS) return fail(errno_error(where));
  TRY(wait(POLLOUT));
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(errno_error(where, error));
  return {};
}

Result<void> LocalConnection::start_tls() {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context_ || !trust(context_.get(), server_.trusted))
    return fail(ErrorCode::io, server_.trusted.string() + ": there are no certificates to trust: " + last_tls_error());
  ssl_.reset(SSL_new(context_.get()));
  if (!ssl_ || !name_server(ssl_.get(), server_.name) || SSL_set_fd(ssl_.get(), fd_.get()) != 1)
    return fail(ErrorCode::io, "OpenSSL refuses the name " + server_.name);
  for (;;) {
    ERR_clear_error();
    int returned = SSL_connect(ssl_.get());
    if (returned == 1) return {};
    auto verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK)
      return fail(ErrorCode::refused, "the certificate of " + url_of(server_) + " is not the one that " +
                                          server_.trusted.string() +
                                          " stands for: " + X509_verify_cert_error_string(verified));
    TRY(wait_for_tls(returned, "the TLS handshake with "));
  }
}

Result<void> LocalConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    TRY_ASSIGN(auto put, send_some(bytes));
    bytes.remove_prefix(put);
  }
  return {};
}

Result<std::string> LocalConnection::receive(size_t limit) {
  std::string all;
  char buffer[16384];
  for (;;) {
    TRY_ASSIGN(auto got, receive_some(buffer, sizeof buffer));
    if (got == 0) return all;
    all.append(buffer, got);
    if (all.size() > limit) return fail(ErrorCode::io, server_.endpoint.text() + " answers with too much");
  }
}

Result<size_t> LocalConnection::send_some(std::string_view bytes) {
  for (;;) {
    if (ssl_) {
      ERR_clear_error();
      size_t put = 0;
      int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &put);
      if (returned == 1) return put;
      TRY(wait_for_tls(returned, "sending to "));
      continue;
    }
    TRY(wait(POLLOUT));
    ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put >= 0) return static_cast<size_t>(put);
    if (errno != EAGAIN && errno != EINTR) return fail(errno_error("sending to " + server_.endpoint.text()));
  }
}

Result<size_t> LocalConnection::receive_some(char* buffer, size_t size) {
  for (;;) {
    if (ssl_) {
      ERR_clear_error();
      size_t got = 0;
      int returned = SSL_read_ex(ssl_.get(), buffer, size, &got);
      if (returned == 1) return got;
      if (SSL_get_error(ssl_.get(), returned) == SSL_ERROR_ZERO_RETURN) return size_t{0};
      TRY(wait_for_tls(returned, "reading from "));
      continue;
    }
    TRY(wait(POLLIN));
    ssize_t got = ::recv(fd_.get(), buffer, size, 0);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EAGAIN && errno != EINTR) return fail(errno_error("reading from " + server_.endpoint.text()));
  }
}

Result<void> LocalConnection::wait_for_tls(int returned, std::string_view doing) {
  int error = SSL_get_error(ssl_.get(), returned);
  if (error == SSL_ERROR_WANT_READ) return wait(POLLIN);
  if (error == SSL_ERROR_WANT_WRITE) return wait(POLLOUT);
  return fail(ErrorCode::io, std::string(doing) + server_.endpoint.text() + ": " + last_tls_error());
}

Result<void> LocalConnection::wait(short events) {
  for (;;) {
    auto left = std::chrono::ceil<Duration>(deadline_ - monotonic_now()).count();
    if (left <= 0) return fail(ErrorCode::timeout, server_.endpoint.text() + " does not answer in time");
    pollfd ready[]{{fd_.get(), events, 0}, {stop_, POLLIN, 0}};  // poll(2) passes over a -1
    int count = ::poll(ready, 2, static_cast<int>(std::min<Duration::rep>(left, 60'000)));
    if (count > 0 && ready[1].revents != 0) return fail(ErrorCode::cancelled, "stopped");
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return fail(errno_error("waiting for " + server_.endpoint.text()));
  }
}

}  // namespace weir::cli
