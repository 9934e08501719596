// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <new>

namespace weir::proxy {
namespace {

std::string last_tls_error() {
  unsigned long code = ERR_peek_last_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "the connection was closed";
}

}  // namespace

void TlsStream::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsStream::TlsStream(UniqueFd fd, std::shared_ptr<ssl_ctx_st> context)
    : fd_(std::move(fd)), context_(std::move(context)), ssl_(SSL_new(context_.get())) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1) throw std::bad_alloc();
  SSL_set_accept_state(ssl_.get());
}

TlsStream::~TlsStream() = default;

IoResult TlsStream::handshake() {
  ERR_clear_error();
  int returned = SSL_do_handshake(ssl_.get());
  if (returned == 1) return {IoStatus::ok, 0};
  return result_of(returned, read_interest_, Interest::read);
}

std::string TlsStream::failure() const {
  return failure_;
}

IoResult TlsStream::read(std::span<char> buffer) {
  ERR_clear_error();
  size_t got = 0;
  int returned = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &got);
  if (returned == 1) return {IoStatus::ok, got};
  return result_of(returned, read_interest_, Interest::read);
}

IoResult TlsStream::write(std::string_view bytes) {
  size_t written = 0;
  // Partial writes are on: each call sends one record, so the rest is offered until the socket is full.
  while (written < bytes.size()) {
    ERR_clear_error();
    size_t put = 0;
    int returned = SSL_write_ex(ssl_.get(), bytes.data() + written, bytes.size() - written, &put);
    if (returned != 1) {
      auto result = result_of(returned, write_interest_, Interest::write);
      return written > 0 && result.status == IoStatus::would_block ? IoResult{IoStatus::ok, written} : result;
    }
    written += put;
  }
  return {IoStatus::ok, written};
}

bool TlsStream::has_buffered_input() const {
  return SSL_pending(ssl_.get()) > 0;
}

void TlsStream::end_output() {
  ERR_clear_error();
  if (!broken_) SSL_shutdown(ssl_.get());
  ::shutdown(fd_.get(), SHUT_WR);
}

IoResult TlsStream::result_of(int returned, Interest& interest, Interest otherwise) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      interest = Interest::read;
      return {IoStatus::would_block, 0};
    case SSL_ERROR_WANT_WRITE:
      interest = Interest::write;
      return {IoStatus::would_block, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoStatus::closed, 0};
    default:
      interest = otherwise;
      broken_ = true;
      failure_ = last_tls_error();
      return {IoStatus::failed, 0};
  }
}

}  // namespace weir::proxy
