// SPDX-License-Identifier: Apache-2.0
#include "load/blocking_connection.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace weir::bench {
namespace {

Error tls_error(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  return {ErrorCode::io, fmt::format("{}: {}", what, reason ? reason : "the connection was closed")};
}

Result<UniqueFd> connect_to(const Server& server) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  if (::inet_pton(AF_INET, server.address.c_str(), &address.sin_addr) != 1)
    return fail(ErrorCode::invalid, fmt::format("'{}' is not an IPv4 address", server.address));
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail(errno_error(fmt::format("connecting to {}:{}", server.address, server.port)));
  int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

BlockingConnection::BlockingConnection(UniqueFd fd, const Server& server)
    : fd_(std::move(fd)), host_(server.host), authority_(server.host) {
  if (server.connect != 0 && server.connect != 443) authority_ += fmt::format(":{}", server.connect);
}

Result<BlockingConnection> BlockingConnection::open(const Server& server) {
  TRY_ASSIGN(auto fd, connect_to(server));
  BlockingConnection connection(std::move(fd), server);
  if (server.connect != 0) TRY(connection.ask_for_tunnel(server));
  if (server.context) TRY(connection.shake_hands(server.context));
  return connection;
}

Result<void> BlockingConnection::ask_for_tunnel(const Server& server) {
  TRY(write(fmt::format("CONNECT {0}:{1} HTTP/1.1\r\nHost: {0}:{1}\r\n\r\n", server.host, server.connect)));
  TRY_ASSIGN(auto head, read_head());
  if (head.status != 200) return fail(ErrorCode::refused, fmt::format("CONNECT was answered with {}", head.status));
  return {};
}

Result<void> BlockingConnection::shake_hands(SSL_CTX* context) {
  ssl_.reset(SSL_new(context));
  // The function behind SSL_set_tlsext_host_name(3), a macro with a cast of the old style.
  auto* name = const_cast<char*>(host_.c_str());
  bool ready = ssl_ && SSL_set_fd(ssl_.get(), fd_.get()) == 1 &&
               SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1 &&
               SSL_set1_host(ssl_.get(), host_.c_str()) == 1;
  if (!ready || SSL_connect(ssl_.get()) != 1) return fail(tls_error("the handshake with " + host_));
  return {};
}

Result<Answer> BlockingConnection::get(std::string_view target, std::optional<ByteRange> range,
                                       std::string_view expected) {
  auto request = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\n", target, authority_);
  if (range) request += fmt::format("Range: bytes={}-{}\r\n", range->begin, range->end - 1);
  TRY(write(request + "\r\n"));
  TRY_ASSIGN(auto head, read_head());
  return read_body(head, range, expected);
}

Result<void> BlockingConnection::write(std::string_view bytes) {
  if (ssl_) {
    size_t put = 0;
    if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &put) != 1) return fail(tls_error("writing"));
    return {};
  }
  if (::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    return fail(errno_error("writing"));
  return {};
}

// What is there, at least one byte; good until the next call.
Result<std::string_view> BlockingConnection::read() {
  if (ssl_) {
    size_t got = 0;
    if (SSL_read_ex(ssl_.get(), buffer_.data(), buffer_.size(), &got) != 1) return fail(tls_error("reading"));
    return std::string_view(buffer_.data(), got);
  }
  ssize_t got = ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
  if (got < 0) return fail(errno_error("reading"));
  if (got == 0) return fail(ErrorCode::io, "the server closed the connection");
  return std::string_view(buffer_.data(), static_cast<size_t>(got));
}

Result<http::ResponseHead> BlockingConnection::read_head() {
  std::string bytes = std::exchange(ahead_, {});
  for (;;) {
    if (auto end = http::find_head_end(bytes)) {
      ahead_ = bytes.substr(*end);
      auto head = http::parse_response(std::string_view(bytes).substr(0, *end));
      if (!head) return fail(ErrorCode::invalid, head.error().message);
      return std::move(*head);
    }
    TRY_ASSIGN(auto more, read());
    bytes.append(more);
  }
}

Result<Answer> BlockingConnection::read_body(const http::ResponseHead& head, std::optional<ByteRange> range,
                                             std::string_view expected) {
  auto framing = http::response_framing(head, "GET");
  if (!framing || framing->kind == http::BodyKind::chunked || framing->kind == http::BodyKind::until_close)
    return fail(ErrorCode::invalid, fmt::format("an answer with status {} does not say its length", head.status));
  Answer answer{head.status, std::string(head.fields.get("Location")), 0, Clock::now()};
  bool is_file = head.status == 200 || head.status == 206;
  if (is_file && range && (head.status != 206 || framing->length != range->size()))
    return fail(ErrorCode::invalid, fmt::format("{} bytes with status {} came for a range of {}", framing->length,
                                                head.status, range->size()));
  auto offset = static_cast<size_t>(range ? range->begin : 0);
  std::string first = std::exchange(ahead_, {});
  std::string_view part = first;
  while (answer.bytes < framing->length) {
    if (part.empty()) {
      TRY_ASSIGN(part, read());
      if (answer.bytes == 0) answer.first_byte = Clock::now();
    }
    if (part.size() > framing->length - answer.bytes) return fail(ErrorCode::invalid, "bytes came behind the body");
    auto position = offset + static_cast<size_t>(answer.bytes);
    if (is_file && !expected.empty() && expected.substr(std::min(position, expected.size()), part.size()) != part)
      return fail(ErrorCode::digest_mismatch,
                  fmt::format("wrong bytes between {} and {} of the body", answer.bytes, answer.bytes + part.size()));
    answer.bytes += part.size();
    part = {};
  }
  return answer;
}

}  // namespace weir::bench
