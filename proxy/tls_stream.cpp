// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>
#include <new>

namespace weir::proxy {
namespace {

// Of plain bytes whose records go out by one call, which costs about as much as the bytes of one record.  It is what a
// client that does not read costs beside its block (BlobSender).
constexpr size_t kBatch = 96 << 10;
// More than header, nonce, content type, tag, MAC and padding of a record take (RFC 5246, section 6.2.3; RFC 8446,
// section 5.2).
constexpr size_t kRecordOverhead = 128;
constexpr const char* kClosed = "the connection was closed";

// At most, of the next record of so many plain bytes.
constexpr size_t record_size(size_t plain) {
  return std::min<size_t>(plain, SSL3_RT_MAX_PLAIN_LENGTH) + kRecordOverhead;
}

std::string last_tls_error() {
  unsigned long code = ERR_peek_last_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : kClosed;
}

// What OpenSSL calls to move bytes (BIO_meth_new(3)).
int read_below(BIO* bio, char* buffer, size_t size, size_t* got) {
  BIO_clear_retry_flags(bio);
  auto [status, bytes] = static_cast<Stream*>(BIO_get_data(bio))->read({buffer, size});
  *got = bytes;
  if (status == IoStatus::would_block) BIO_set_retry_read(bio);
  if (status == IoStatus::closed) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return status == IoStatus::ok ? 1 : 0;
}

int write_below(BIO* bio, const char* bytes, size_t size, size_t* put) {
  BIO_clear_retry_flags(bio);
  auto [status, count] = static_cast<GatheredWrites*>(BIO_get_data(bio))->write({bytes, size});
  *put = count;
  if (status == IoStatus::would_block) BIO_set_retry_write(bio);
  return status == IoStatus::ok ? 1 : 0;
}

long control_below(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method(int type, const char* name) {
  auto* method = BIO_meth_new(BIO_get_new_index() | type, name);
  if (!method || BIO_meth_set_ctrl(method, control_below) != 1) throw std::bad_alloc();
  return method;
}

const BIO_METHOD* make_reading_method() {
  auto* method = make_method(BIO_TYPE_SOURCE_SINK, "weir stream, read");
  if (BIO_meth_set_read_ex(method, read_below) != 1) throw std::bad_alloc();
  return method;
}

const BIO_METHOD* make_writing_method() {
  auto* method = make_method(BIO_TYPE_SOURCE_SINK, "weir stream, written");
  if (BIO_meth_set_write_ex(method, write_below) != 1) throw std::bad_alloc();
  return method;
}

// `data` must outlive it.
BIO* make_bio(const BIO_METHOD* method, void* data) {
  auto* bio = BIO_new(method);
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, data);
  BIO_set_init(bio, 1);
  return bio;
}

BIO* make_reading_bio(Stream& stream) {
  static const BIO_METHOD* const method = make_reading_method();
  return make_bio(method, &stream);
}

BIO* make_writing_bio(GatheredWrites& writes) {
  static const BIO_METHOD* const method = make_writing_method();
  return make_bio(method, &writes);
}

}  // namespace

void TlsStream::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsStream::TlsStream(std::unique_ptr<Stream> below, std::shared_ptr<ssl_ctx_st> context)
    : below_(std::move(below)), writes_(*below_), context_(std::move(context)), ssl_(SSL_new(context_.get())) {
  if (!ssl_) throw std::bad_alloc();
  SSL_set_bio(ssl_.get(), make_reading_bio(*below_), make_writing_bio(writes_));
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
  while (written < bytes.size() && result.status == IoStatus::ok) {
    result = write_batch(bytes.substr(written));
    written += result.bytes;
  }
  bool some = written > 0 && result.status == IoStatus::would_block;
  return some || result.status == IoStatus::ok ? IoResult{IoStatus::ok, written} : result;
}

IoResult TlsStream::write_batch(std::string_view bytes) {
  IoResult sealing;
  if (sealed_ == 0) sealing = seal(bytes.substr(0, kBatch));
  if (auto status = writes_.flush(); status != IoStatus::ok) return result_of_flush(status);
  if (sealing.status != IoStatus::ok) return sealing;
  auto written = std::min(sealed_, bytes.size());
  sealed_ -= written;
  return {IoStatus::ok, written};
}

// Makes records of the bytes, without a word to the socket.  ok: of some at least.
IoResult TlsStream::seal(std::string_view bytes) {
  if (!writes_.gather(bytes.size() + (bytes.size() / SSL3_RT_MAX_PLAIN_LENGTH + 1) * kRecordOverhead))
    return fail("there is no memory left");
  // Partial writes are on: each call makes one record, and there must be room for it below OpenSSL, where no exception
  // may pass.  A client may want records that are so small that not all fit (RFC 6066, section 4).
  for (auto rest = bytes; !rest.empty() && writes_.room() >= record_size(rest.size()); rest = bytes.substr(sealed_)) {
    ERR_clear_error();
    size_t taken = 0;
    int returned = SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &taken);
    if (returned != 1 && sealed_ > 0) break;
    if (returned != 1) return result_of(returned, write_interest_, Interest::write);
    sealed_ += taken;
  }
  return {};
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

IoResult TlsStream::result_of_flush(IoStatus status) {
  write_interest_ = below_->write_interest();
  return status == IoStatus::failed ? fail(kClosed) : IoResult{status, 0};
}

IoResult TlsStream::fail(std::string reason) {
  broken_ = true;
  failure_ = std::move(reason);
  return {IoStatus::failed, 0};
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
      return fail(last_tls_error());
  }
}

}  // namespace weir::proxy
