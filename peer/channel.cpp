// SPDX-License-Identifier: Apache-2.0
#include "peer/channel.h"

#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <utility>

#include "certs/openssl_support.h"

namespace weir::peer {
namespace {

constexpr size_t kAnswerLimit = 64 << 10;

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};

}  // namespace

void Channel::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}
void Channel::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Channel::Channel(const http::Authority& to, AcceptsKey accepts, Duration timeout)
    : to_(to), accepts_(std::move(accepts)), deadline_(monotonic_now() + timeout) {}

Channel::~Channel() = default;

Result<std::unique_ptr<Channel>> Channel::open(const http::Authority& to, const Identity& identity, AcceptsKey accepts,
                                               Duration timeout) {
  std::unique_ptr<Channel> channel(new Channel(to, std::move(accepts), timeout));
  TRY(channel->connect());
  TRY(channel->shake_hands(identity));
  return channel;
}

// Blocking calls on the socket end in time.
Result<void> Channel::limit_wait() const {
  auto left = std::chrono::ceil<Duration>(deadline_ - monotonic_now());
  if (left.count() <= 0) return fail(ErrorCode::timeout, to_.text() + " does not answer in time");
  timeval time{left.count() / 1000, left.count() % 1000 * 1000};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  return {};
}

Result<void> Channel::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int code = ::getaddrinfo(to_.host.c_str(), std::to_string(to_.port).c_str(), &hints, &found);
  if (code != 0) return fail(ErrorCode::io, "looking up " + to_.host + ": " + ::gai_strerror(code));
  std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  Error last{ErrorCode::io, to_.host + " has no address"};
  for (auto* each = addresses.get(); each; each = each->ai_next) {
    fd_.reset(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd_) return fail(errno_error("making a socket"));
    TRY(limit_wait());
    if (::connect(fd_.get(), each->ai_addr, each->ai_addrlen) == 0) return {};
    last = errno_error("connecting to " + to_.text(), errno == EINPROGRESS ? ETIMEDOUT : errno);
  }
  return fail(last);
}

Result<void> Channel::shake_hands(const Identity& identity) {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context_ || !configure_client(context_.get(), identity, accepts_))
    return fail(certs::openssl_error("setting up TLS for peers"));
  ssl_.reset(SSL_new(context_.get()));
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1) return fail(certs::openssl_error("setting up TLS for peers"));
  TRY(limit_wait());
  int returned = SSL_connect(ssl_.get());
  if (returned != 1 && SSL_get_verify_result(ssl_.get()) == X509_V_ERR_CERT_REJECTED) {
    ERR_clear_error();
    return fail(ErrorCode::refused,
                "who answers at " + to_.text() + " has another key than the one expected; nothing was sent to it");
  }
  if (returned != 1) return fail(failure(returned, "the TLS handshake of peers with "));
  TRY_ASSIGN(session_, session_of(ssl_.get()));
  return {};
}

Result<Answer> Channel::ask(const http::RequestHead& request) {
  auto head_only = request;
  head_only.fields.set("Host", to_.text());
  head_only.fields.set("Connection", "close");
  TRY(send(http::serialize(head_only)));
  TRY_ASSIGN(auto bytes, receive());
  auto strange = fail(ErrorCode::io, "what answers at " + to_.text() + " is no Weir");
  auto end = http::find_head_end(bytes);
  if (!end) return strange;
  auto head = http::parse_response(std::string_view(bytes).substr(0, *end));
  if (!head) return strange;
  return Answer{*std::move(head), bytes.substr(*end)};
}

Result<void> Channel::send(std::string_view bytes) {
  TRY(limit_wait());
  ERR_clear_error();
  size_t put = 0;
  int returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &put);
  if (returned != 1) return fail(failure(returned, "sending to "));
  return {};
}

Result<std::string> Channel::receive() {
  std::string all;
  char buffer[4096];
  while (all.size() < kAnswerLimit) {
    TRY(limit_wait());
    ERR_clear_error();
    size_t got = 0;
    int returned = SSL_read_ex(ssl_.get(), buffer, sizeof buffer, &got);
    if (returned != 1 && SSL_get_error(ssl_.get(), returned) == SSL_ERROR_ZERO_RETURN) return all;
    if (returned != 1) return fail(failure(returned, "reading from "));
    all.append(buffer, got);
  }
  return fail(ErrorCode::io, to_.text() + " answers with too much");
}

Error Channel::failure(int returned, std::string_view doing) const {
  int error = SSL_get_error(ssl_.get(), returned);
  bool waited = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  if (waited) return {ErrorCode::timeout, to_.text() + " does not answer in time"};
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return {ErrorCode::io, std::string(doing) + to_.text() + ": " + (reason ? reason : "the connection was closed")};
}

}  // namespace weir::peer
