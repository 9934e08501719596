// SPDX-License-Identifier: Apache-2.0
// Relays one request to the origin and its answer to the client, streamed both ways and never held whole.  An
// AnswerFilter may edit the answer, or have Weir answer in the origin's place.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "proxy/exchange.h"
#include "proxy/services.h"
#include "upstream/origin_client.h"
#include "upstream/retry_schedule.h"

namespace weir::proxy {

// What becomes of an origin's answer.  The base passes it on as it is.
class AnswerFilter {
 public:
  virtual ~AnswerFilter() = default;

  // Looks at the final head and may edit it.  An exchange that is returned answers instead, and the origin's answer is
  // dropped.  `length` is what the body's size will be towards the client; reset it when the body is going to change.
  virtual std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>& length) {
    static_cast<void>(head);
    static_cast<void>(length);
    return nullptr;
  }
  // True: the head waits for the first bytes that are sent on, so that a fault before them can still be told.
  virtual bool delays_head() const { return false; }
  // The bytes to send on for these; valid until the next call.
  virtual std::string_view on_data(std::string_view bytes) { return bytes; }
  // The last bytes, when the origin's answer is complete.  Nothing: the answer must not be completed, for it is wrong.
  virtual std::optional<std::string_view> on_end() { return ""; }

  // Whether something remembered may stand in for the hub's answer while the hub cannot be asked; and the exchange that
  // answers so.  Both before on_head().
  virtual bool has_memory() { return false; }
  virtual std::unique_ptr<Exchange> answer_without_hub() { return nullptr; }
};

// What becomes of a trouble that passes: a connection that broke, an answer of status 5xx.
enum class Persistence {
  once,     // it is told to the client, whose request it is
  patient,  // a GET or HEAD without a body is made again, a little later
};

class RelayExchange : public Exchange, private upstream::OriginObserver {
 public:
  // `request` says all but what the body holds, which follows from the client.
  RelayExchange(WorkerContext& context, Responder& responder, upstream::OriginRequest request,
                std::unique_ptr<AnswerFilter> filter = std::make_unique<AnswerFilter>(),
                Persistence persistence = Persistence::once);

  // The request's body is this one and not the client's.
  void set_body(std::string body);

  void start() override;
  void on_request_body(std::string_view bytes) override;
  void on_request_end() override;
  void on_writable() override;

 private:
  void on_head(http::ResponseHead head) override;
  bool ready_for_data() override;
  void on_data(std::string_view bytes) override;
  void on_done(std::optional<upstream::OriginFault> fault) override;
  size_t read_body(std::span<char> buffer, bool& at_end) override;
  void ask();
  bool asks_hub() const;
  bool misses_hub(const upstream::OriginFault& fault) const;
  bool stand_in();
  void report(hub::HubChange change, std::string_view why);
  void doubt_store(const upstream::OriginFault& fault);
  void on_status(int status, std::optional<Duration> retry_after);
  void on_fault(const upstream::OriginFault& fault);
  void ask_patiently();
  void on_patience_ended();
  bool try_again(std::optional<Duration> not_before);
  void send(std::string_view bytes);
  void send_head();
  void fail(int status, std::string_view message);

  WorkerContext& context_;
  Responder& responder_;
  upstream::OriginRequest request_;
  std::unique_ptr<AnswerFilter> filter_;
  std::optional<upstream::RetrySchedule> schedule_;  // of a request that may be made again
  Timer retry_timer_;
  Timer patience_timer_;
  bool failed_ = false;  // once, which the hub's health knows
  std::unique_ptr<upstream::OriginTransfer> transfer_;
  std::optional<http::ResponseHead> head_;  // until it is sent
  std::optional<uint64_t> length_;
  bool own_body_ = false;
  std::string upload_;
  size_t upload_sent_ = 0;
  bool upload_ended_ = false;
  bool body_paused_ = false;
};

// The status of Weir's answer when the origin failed before its head.
int status_of(const upstream::OriginFault& fault);

}  // namespace weir::proxy
