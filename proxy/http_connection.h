// SPDX-License-Identifier: Apache-2.0
// A client's HTTP/1.1 connection, the server's side: reads requests one after another, has a RequestHandler serve them,
// and writes their answers in order (RFC 9112).  Where framing is in doubt it answers and closes.  Lives on one loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "http/chunked.h"
#include "http/date.h"
#include "http/head.h"
#include "proxy/exchange.h"
#include "proxy/options.h"
#include "proxy/output_queue.h"
#include "proxy/stream.h"

namespace weir::proxy {

class HttpConnection : public Responder {
 public:
  struct Setup {
    const LimitOptions& limits;
    std::string client;  // the client's address, for the record
    std::function<void(const RequestRecord&)> on_request_done;
    std::function<void()> on_closed;  // the last call; it may not destroy the connection at once
    std::string user = "";            // who the client said it is, for the record
  };

  // `already_read`: bytes that were taken off the stream before.
  HttpConnection(Loop& loop, std::unique_ptr<Stream> stream, std::unique_ptr<RequestHandler> handler, Setup setup,
                 std::string already_read = "");
  ~HttpConnection() override;

  void start();
  // No further request: closes now when idle, else after the running answer.
  void drain();

  void send_head(http::ResponseHead head, std::optional<uint64_t> length) override;
  void send_continue() override;
  void send_body(std::string_view bytes) override;
  size_t send_now(std::string_view bytes) override;
  bool takes_files() const override;
  std::optional<size_t> send_file_now(int file, uint64_t offset, size_t count) override;
  void finish() override;
  void abort() override;
  void hand_over(std::unique_ptr<Exchange> next) override;
  bool congested() const override { return output_.size() >= kMaxQueued; }
  void pause_request_body() override;
  void resume_request_body() override;
  bool head_sent() const override { return answer_ != Answer::none; }
  RequestRecord& record() override { return record_; }

 private:
  enum class Input { head, body, complete, ignored };
  enum class Answer { none, streaming, finished };
  enum class Framing { none, length, chunked, until_close };
  enum class Phase { none, idle, head, body, write, linger };  // what the timer is waiting for

  void on_ready();
  void move_bytes();
  bool wants_input() const;
  void read_input();
  void process_input();
  bool take_head();
  void start_record();
  void begin(http::RequestHead head);
  void take_body();
  void end_request_body();
  void refuse(const http::Refusal& refusal);
  void on_input_closed(IoStatus how);

  void add_date(http::ResponseHead& head);
  bool may_write_body();
  size_t account_for(IoResult written, size_t offered);
  void flush();
  void settle_later();
  void settle();
  void next_request();
  void report();
  void linger();
  void close();
  void cut();
  void reset_if_short();
  void shut_down();
  void update();
  void update_timer();
  void on_timeout();
  bool has_unread_input() const;
  bool answering() const { return exchange_ != nullptr && answer_ != Answer::finished; }

  Loop& loop_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<RequestHandler> handler_;
  Setup setup_;
  FdWatch watch_;
  Timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::string input_;
  size_t head_scanned_ = 0;
  Input input_state_ = Input::head;
  uint64_t body_left_ = 0;
  std::optional<http::ChunkedDecoder> chunked_;
  bool body_paused_ = false;
  bool expects_continue_ = false;
  bool input_closed_ = false;

  std::unique_ptr<Exchange> exchange_;
  RequestRecord record_;
  bool record_open_ = false;
  bool head_request_ = false;
  int minor_version_ = 1;
  bool keep_alive_ = true;

  OutputQueue output_;
  http::DateText now_;
  Answer answer_ = Answer::none;
  Framing framing_ = Framing::none;
  uint64_t answer_left_ = 0;
  bool blocked_ = false;  // send_now() waits for the socket
  bool settle_posted_ = false;
  Phase phase_ = Phase::none;
  bool progressed_ = false;  // bytes were moved since the timer was started
  bool draining_ = false;
  bool lingering_ = false;
  size_t lingered_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace weir::proxy
