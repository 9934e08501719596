// SPDX-License-Identifier: Apache-2.0
// A client's stream under TLS, with Weir as the server; the stream below may be one under TLS itself.  Call handshake()
// until it is ok, then read and write.
#pragma once

#include <memory>
#include <string>

#include "proxy/gathered_writes.h"
#include "proxy/stream.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weir::proxy {

class TlsStream : public Stream {
 public:
  // `context` is a server's, shared by the connections to one host name.
  TlsStream(std::unique_ptr<Stream> below, std::shared_ptr<ssl_ctx_st> context);
  ~TlsStream() override;

  // ok: the session stands.  would_block: wait for read_interest().
  IoResult handshake();
  // For who looks at what the handshake agreed on.
  ssl_st* session() const { return ssl_.get(); }
  // The reason of the last failure, for the log.
  std::string failure() const;

  IoResult read(std::span<char> buffer) override;
  IoResult write(std::string_view bytes) override;
  Interest read_interest() const override { return read_interest_; }
  Interest write_interest() const override { return write_interest_; }
  bool has_buffered_input() const override;
  bool allows_half_close() const override { return false; }
  IoStatus end_output() override;
  int fd() const override { return below_->fd(); }

 private:
  IoResult write_batch(std::string_view bytes);
  IoResult seal(std::string_view bytes);
  IoResult result_of_flush(IoStatus status);
  IoResult fail(std::string reason);
  IoResult result_of(int returned, Interest& interest, Interest otherwise);

  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  std::unique_ptr<Stream> below_;
  GatheredWrites writes_;  // to below_
  std::shared_ptr<ssl_ctx_st> context_;
  std::unique_ptr<ssl_st, Free> ssl_;
  Interest read_interest_ = Interest::read;
  Interest write_interest_ = Interest::write;
  size_t sealed_ = 0;     // bytes at the front of what write() is offered next that are records already
  bool starved_ = false;  // what is buffered is a part of a record
  bool ended_ = false;    // close_notify is sent
  bool broken_ = false;   // after a fatal error no close_notify may be sent (SSL_shutdown(3))
  std::string failure_;
};

}  // namespace weir::proxy
