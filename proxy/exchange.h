// SPDX-License-Identifier: Apache-2.0
// One request and its answer, seen from both sides.  The connection owns the exchange and feeds it the request's body;
// the exchange answers through the Responder.  Both live on the connection's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"
#include "proxy/record.h"

namespace weir::proxy {

class Exchange {
 public:
  // Destroying it gives up whatever it waits for.
  virtual ~Exchange() = default;

  // Begins; called once, before anything else.  It may answer at once.
  virtual void start() = 0;
  // Bytes of the request's body, transfer codings undone.
  virtual void on_request_body(std::string_view bytes) { static_cast<void>(bytes); }
  // The request's body is complete; also called, once, when there is none.
  virtual void on_request_end() {}
  // The client took what was sent: there is room again.
  virtual void on_writable() {}
};

// Where an exchange sends its answer.  After finish(), abort() or hand_over() all calls are ignored, so an exchange
// need not know whether it has ended; it is destroyed soon after, not within the call.
class Responder {
 public:
  virtual ~Responder() = default;

  // The final head.  The connection adds what frames the body and keeps the connection: `length` is the body's size;
  // without it the answer is chunked, or ends with the connection for HTTP/1.0.  For HEAD, 204 and 304 no body may
  // follow.
  virtual void send_head(http::ResponseHead head, std::optional<uint64_t> length) = 0;
  // 100 Continue, if the client waits for it.
  virtual void send_continue() = 0;
  // Queues bytes of the body.  Watch congested().
  virtual void send_body(std::string_view bytes) = 0;
  // Sends as many bytes of a body of known length as the socket takes now, nothing being queued; returns how many.  The
  // rest must be offered again, unchanged, at on_writable().
  virtual size_t send_now(std::string_view bytes) = 0;
  // Whether send_file_now() works for this answer.
  virtual bool takes_files() const { return false; }
  // As send_now(), with bytes of a file: those at `offset`, `count` of them.  Nothing: the file ends before that.
  virtual std::optional<size_t> send_file_now(int file, uint64_t offset, size_t count) {
    static_cast<void>(file), static_cast<void>(offset), static_cast<void>(count);
    return 0;
  }
  // The answer is complete.  If it is not (fewer bytes than the length), this is abort().
  virtual void finish() = 0;
  // The answer cannot be completed: the connection is cut so that the client sees it is short.
  virtual void abort() = 0;
  // Another exchange answers in this one's place; before the head was sent.
  virtual void hand_over(std::unique_ptr<Exchange> next) = 0;

  // True while so much is queued that more would cost memory; on_writable() follows.
  virtual bool congested() const = 0;
  // Stops and goes on reading the request's body.
  virtual void pause_request_body() = 0;
  virtual void resume_request_body() = 0;

  virtual bool head_sent() const = 0;
  virtual RequestRecord& record() = 0;
};

// What a connection does with its requests.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // The exchange that serves this request.  `body` says how the request's body is framed.
  virtual std::unique_ptr<Exchange> open(http::RequestHead request, const http::BodyFraming& body,
                                         Responder& responder) = 0;
  // For error answers and the log: the host that the connection speaks to, "" when that differs by request.
  virtual std::string host() const { return ""; }
};

// Most bytes queued towards a client, and most of a request's body held back from the origin.
inline constexpr size_t kMaxQueued = 256 << 10;

}  // namespace weir::proxy
