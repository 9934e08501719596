// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

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

Stream& stream_of(BIO* bio) {
  return *static_cast<Stream*>(BIO_get_data(bio));
}

// What OpenSSL calls to move bytes (BIO_meth_new(3)).
int read_below(BIO* bio, char* buffer, size_t size, size_t* got) {
  BIO_clear_retry_flags(bio);
  auto [status, bytes] = stream_of(bio).read({buffer, size});
  *got = bytes;
  if (status == IoStatus::would_block) BIO_set_retry_read(bio);
  if (status == IoStatus::closed) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return status == IoStatus::ok ? 1 : 0;
}

int write_below(BIO* bio, const char* bytes, size_t size, size_t* put) {
  BIO_clear_retry_flags(bio);
  auto [status, count] = stream_of(bio).write({bytes, size});
  *put = count;
  if (status == IoStatus::would_block) BIO_set_retry_write(bio);
  return status == IoStatus::ok ? 1 : 0;
}

long control_below(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* make_method() {
  auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir stream");
  bool made = method && BIO_meth_set_read_ex(method, read_below) == 1 &&
              BIO_meth_set_write_ex(method, write_below) == 1 && BIO_meth_set_ctrl(method, control_below) == 1;
  if (!made) throw std::bad_alloc();
  return method;
}

// A BIO over `stream`, which must outlive it.
BIO* make_bio(Stream& stream) {
  static const BIO_METHOD* const method = make_method();
  auto* bio = BIO_new(method);
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, &stream);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

void TlsStream::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsStream::TlsStream(std::unique_ptr<Stream> below, std::shared_ptr<ssl_ctx_st> context)
    : below_(std::move(below)), context_(std::move(context)), ssl_(SSL_new(context_.get())) {
  if (!ssl_) throw std::bad_alloc();
  auto* bio = make_bio(*below_);
  SSL_set_bio(ssl_.get(), bio, bio);
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
  starved_ = returned != 1;
  if (returned == 1) return {IoStatus::ok, got};
  return result_of(returned, read_interest_, Interest::read);
}

IoResult TlsStream::write(std::string_view bytes) {
  size_t written = 0;
  IoResult result;
  // Partial writes are on: each call sends one record, so the rest is offered until the socket is full.
  while (written < bytes.size() && result.status == IoStatus::ok) {
    auto rest = bytes.substr(written);
    // Several records make a packet, and wake the client once.
    below_->announce(rest.size() > SSL3_RT_MAX_PLAIN_LENGTH ? Follows::more : Follows::nothing);
    ERR_clear_error();
    size_t put = 0;
    int returned = SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &put);
    if (returned != 1) result = result_of(returned, write_interest_, Interest::write);
    written += put;
  }
  below_->announce(Follows::nothing);
  bool some = written > 0 && result.status == IoStatus::would_block;
  return some || result.status == IoStatus::ok ? IoResult{IoStatus::ok, written} : result;
}

bool TlsStream::has_buffered_input() const {
  return (!starved_ && SSL_has_pending(ssl_.get()) == 1) || below_->has_buffered_input();
}

IoStatus TlsStream::end_output() {
  if (!broken_ && !ended_) {
    ERR_clear_error();
    int returned = SSL_shutdown(ssl_.get());
    if (returned < 0 && result_of(returned, write_interest_, Interest::write).status == IoStatus::would_block)
      return IoStatus::would_block;
    ended_ = true;
  }
  return below_->end_output();
}

IoResult TlsStream::result_of(int returned, Interest& interest, Interest otherwise) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      interest = below_->read_interest();
      return {IoStatus::would_block, 0};
    case SSL_ERROR_WANT_WRITE:
      interest = below_->write_interest();
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
