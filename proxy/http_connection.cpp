// SPDX-License-Identifier: Apache-2.0
#include "proxy/http_connection.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/log.h"
#include "http/text.h"
#include "proxy/error_answer.h"

namespace weir::proxy {
namespace {

constexpr size_t kReadSize = 64 << 10;
constexpr size_t kMaxInput = 128 << 10;
// What is read and dropped behind the last answer.
constexpr size_t kMaxLinger = 1 << 20;
constexpr Duration kLingerTime{2'000};

bool has_no_body(int status, bool head_request) {
  return head_request || status == 204 || status == 304 || status < 200;
}

}  // namespace

HttpConnection::HttpConnection(Loop& loop, std::unique_ptr<Stream> stream, std::unique_ptr<RequestHandler> handler,
                               Setup setup, std::string already_read)
    : loop_(loop),
      stream_(std::move(stream)),
      handler_(std::move(handler)),
      setup_(std::move(setup)),
      watch_(loop, stream_->fd(), [this](bool, bool) { on_ready(); }),
      timer_(loop, [this] { on_timeout(); }),
      input_(std::move(already_read)) {}

HttpConnection::~HttpConnection() {
  *alive_ = false;
  if (!closed_) reset_if_short();
}

void HttpConnection::start() {
  phase_ = Phase::none;
  if (!input_.empty() || stream_->has_buffered_input()) read_input();
  update();
}

void HttpConnection::drain() {
  draining_ = true;
  keep_alive_ = false;
  if (!exchange_ && input_.empty()) close();
}

// --- input

// Memory that runs out costs this connection, for how far its exchange came is unknown.
void HttpConnection::on_ready() {
  try {
    move_bytes();
  } catch (const std::bad_alloc&) {
    log::out_of_memory();
    cut();
  }
}

void HttpConnection::move_bytes() {
  // Under TLS either direction may wait for the other's readiness, so both are tried.
  if (!output_.empty() || blocked_) {
    flush();
    settle();
  }
  if (!closed_ && wants_input()) read_input();
  update();
}

bool HttpConnection::wants_input() const {
  if (closed_ || input_closed_) return false;
  if (lingering_) return true;
  return input_.size() < kMaxInput && !(input_state_ == Input::body && body_paused_);
}

void HttpConnection::read_input() {
  char buffer[kReadSize];
  while (wants_input()) {
    process_input();
    if (!wants_input()) return;
    auto [status, bytes] = stream_->read(buffer);
    if (status == IoStatus::would_block) return;
    if (status != IoStatus::ok) return on_input_closed(status);
    if (lingering_) {
      lingered_bytes_ += bytes;
      if (lingered_bytes_ > kMaxLinger) return close();
      continue;
    }
    input_.append(buffer, bytes);
    progressed_ = true;
    process_input();
    // One read an event is enough for a client in clear; what TLS has decrypted is not seen by the socket's readiness.
    if (!stream_->has_buffered_input()) return;
  }
}

void HttpConnection::process_input() {
  for (;;) {
    if (closed_ || lingering_) return;
    size_t before = input_.size();
    if (input_state_ == Input::head && !exchange_) {
      if (!take_head()) return;
    } else if (input_state_ == Input::body && !body_paused_) {
      take_body();
      if (input_.size() == before && input_state_ == Input::body) return;
    } else {
      return;
    }
  }
}

bool HttpConnection::take_head() {
  http::HeadLimits limits;
  limits.head = setup_.limits.head_bytes;
  limits.fields = setup_.limits.header_count;
  auto end = http::find_head_end(input_, head_scanned_);
  if (!end) {
    head_scanned_ = input_.size();
    if (auto refusal = http::refuse_unfinished_request(input_, limits)) refuse(*refusal);
    return false;
  }
  auto head = http::parse_request(std::string_view(input_).substr(0, *end), limits);
  input_.erase(0, *end);
  head_scanned_ = 0;
  start_record();
  if (!head) {
    refuse(head.error());
    return false;
  }
  begin(std::move(*head));
  return true;
}

void HttpConnection::start_record() {
  record_ = RequestRecord{};
  record_.client = setup_.client;
  record_.user = setup_.user;
  record_.host = handler_->host();
  record_.started = monotonic_now();
  record_open_ = true;
  head_request_ = false;
  minor_version_ = 1;
  answer_ = Answer::none;
}

void HttpConnection::begin(http::RequestHead head) {
  record_.method = head.method;
  record_.path = head.target.substr(0, head.target.find('?'));
  head_request_ = head.method == "HEAD";
  minor_version_ = head.minor_version;
  keep_alive_ = http::keeps_alive(head) && !draining_;
  auto framing = http::request_framing(head);
  if (!framing) return refuse(framing.error());
  expects_continue_ = head.minor_version >= 1 && head.fields.has_token("Expect", "100-continue");
  if (head.fields.has("Expect") && !expects_continue_ && head.minor_version >= 1)
    return refuse({417, "Weir understands no expectation but 100-continue."});
  bool chunked = framing->kind == http::BodyKind::chunked;
  chunked_.reset();
  if (chunked) chunked_.emplace();
  body_left_ = framing->length;
  body_paused_ = false;
  input_state_ = chunked || body_left_ > 0 ? Input::body : Input::complete;
  if (input_state_ == Input::complete) expects_continue_ = false;
  exchange_ = handler_->open(std::move(head), *framing, *this);
  auto* opened = exchange_.get();
  opened->start();
  bool handed_over = exchange_.get() != opened;
  if (input_state_ == Input::complete && answering() && !handed_over) exchange_->on_request_end();
}

void HttpConnection::take_body() {
  if (!chunked_) {
    auto part = std::string_view(input_).substr(0, static_cast<size_t>(std::min<uint64_t>(input_.size(), body_left_)));
    body_left_ -= part.size();
    if (!part.empty() && answering()) exchange_->on_request_body(part);
    input_.erase(0, part.size());
    if (body_left_ == 0) end_request_body();
    return;
  }
  std::string data;
  auto consumed = chunked_->decode(input_, data);
  if (!consumed) return refuse(consumed.error());
  input_.erase(0, *consumed);
  if (!data.empty() && answering()) exchange_->on_request_body(data);
  if (chunked_->done()) end_request_body();
}

void HttpConnection::end_request_body() {
  input_state_ = Input::complete;
  expects_continue_ = false;
  if (answering()) exchange_->on_request_end();
}

void HttpConnection::refuse(const http::Refusal& refusal) {
  if (!record_open_) start_record();
  keep_alive_ = false;
  input_state_ = Input::ignored;
  input_.clear();
  if (answer_ == Answer::streaming) return cut();
  record_.outcome = Outcome::none;
  if (exchange_) loop_.destroy_later(std::move(exchange_));
  exchange_ = std::make_unique<ErrorExchange>(*this, refusal.status, refusal.message);
  exchange_->start();
}

// A client in clear that ended its direction behind a whole request still gets its answer; writing tells whether it is
// there.
void HttpConnection::on_input_closed(IoStatus how) {
  input_closed_ = true;
  bool waits = how == IoStatus::closed && stream_->allows_half_close();
  if (waits && answering() && input_state_ == Input::complete) return;
  if (lingering_ || !exchange_ || answer_ == Answer::finished) {
    // What is queued still goes out; the client may only have ended its own direction.
    keep_alive_ = false;
    if (!exchange_ && output_.empty()) close();
    if (lingering_) close();
    return;
  }
  cut();
}

// --- the answer

void HttpConnection::send_head(http::ResponseHead head, std::optional<uint64_t> length) {
  if (closed_ || answer_ != Answer::none) return;
  // A client that was not asked for its body may never send it, so the next request's place in the stream is unknown.
  if (input_state_ == Input::body) keep_alive_ = false;
  answer_ = Answer::streaming;
  record_.status = head.status;
  head.minor_version = 1;
  head.fields.remove("Content-Length");
  head.fields.remove("Transfer-Encoding");
  add_date(head);
  answer_left_ = 0;
  if (has_no_body(head.status, head_request_)) {
    framing_ = Framing::none;
    if (length && head.status != 204 && head.status >= 200) head.fields.add("Content-Length", std::to_string(*length));
  } else if (length) {
    framing_ = Framing::length;
    answer_left_ = *length;
    head.fields.add("Content-Length", std::to_string(*length));
  } else if (minor_version_ >= 1) {
    framing_ = Framing::chunked;
    head.fields.add("Transfer-Encoding", "chunked");
  } else {
    framing_ = Framing::until_close;
    keep_alive_ = false;
  }
  if (!keep_alive_) head.fields.set("Connection", "close");
  output_.add_head(http::serialize(head));
  // Together with the first bytes of the body if they come at once, and else without them.
  settle_later();
}

// Who passes an answer on adds the date that it lacks (RFC 9110, section 6.6.1).
void HttpConnection::add_date(http::ResponseHead& head) {
  if (head.status < 200 || head.fields.has("Date")) return;
  head.fields.add("Date", now_.of(unix_seconds(wall_now())));
}

void HttpConnection::send_continue() {
  if (closed_ || !expects_continue_ || answer_ != Answer::none) return;
  expects_continue_ = false;
  output_.add("HTTP/1.1 100 Continue\r\n\r\n");
  flush();
  update();
}

void HttpConnection::send_body(std::string_view bytes) {
  if (closed_ || answer_ != Answer::streaming || bytes.empty() || framing_ == Framing::none) return;
  if (framing_ == Framing::length) {
    bytes = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(bytes.size(), answer_left_)));
    answer_left_ -= bytes.size();
  }
  if (framing_ == Framing::chunked) output_.add(http::chunk_header(bytes.size()));
  output_.add(bytes);
  if (framing_ == Framing::chunked) output_.add(http::kChunkEnd);
  flush();
  update();
}

size_t HttpConnection::send_now(std::string_view bytes) {
  if (closed_ || answer_ != Answer::streaming || framing_ != Framing::length) return 0;
  bytes = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(bytes.size(), answer_left_)));
  auto joined = output_.join(bytes);
  bytes.remove_prefix(joined);
  answer_left_ -= joined;
  if (!may_write_body() || bytes.empty()) return joined;
  return joined + account_for(stream_->write(bytes), bytes.size());
}

bool HttpConnection::takes_files() const {
  return stream_->sends_files() && framing_ == Framing::length;
}

std::optional<size_t> HttpConnection::send_file_now(int file, uint64_t offset, size_t count) {
  if (closed_ || answer_ != Answer::streaming || !takes_files() || !may_write_body()) return 0;
  count = static_cast<size_t>(std::min<uint64_t>(count, answer_left_));
  auto sent = stream_->send_file(file, offset, count);
  if (sent == IoResult{IoStatus::ok, 0}) return std::nullopt;
  return account_for(sent, count);
}

// False while something is queued before the body.
bool HttpConnection::may_write_body() {
  if (!output_.empty()) flush();
  if (!closed_) update();
  return !closed_ && output_.empty();
}

// How many bytes of the body went out.
size_t HttpConnection::account_for(IoResult written, size_t offered) {
  if (written.status == IoStatus::failed || written.status == IoStatus::closed) {
    cut();
    return 0;
  }
  if (written.bytes > 0) progressed_ = true;
  answer_left_ -= written.bytes;
  blocked_ = written.bytes < offered;
  update();
  return written.bytes;
}

void HttpConnection::finish() {
  if (closed_ || answer_ != Answer::streaming) return;
  if (framing_ == Framing::length && answer_left_ > 0) return abort();
  if (framing_ == Framing::chunked) output_.add(http::kLastChunk);
  answer_ = Answer::finished;
  record_.complete = true;
  blocked_ = false;
  flush();
  if (!closed_ && output_.empty()) settle_later();
  update();
}

void HttpConnection::abort() {
  if (closed_ || answer_ == Answer::finished) return;
  cut();
}

void HttpConnection::hand_over(std::unique_ptr<Exchange> next) {
  if (closed_ || answer_ != Answer::none) return;
  loop_.destroy_later(std::move(exchange_));
  exchange_ = std::move(next);
  exchange_->start();
  if (input_state_ == Input::complete && answering()) exchange_->on_request_end();
}

void HttpConnection::pause_request_body() {
  body_paused_ = true;
}

void HttpConnection::resume_request_body() {
  if (closed_ || !body_paused_) return;
  body_paused_ = false;
  // Not from here: the exchange is in the middle of something.
  loop_.post([this, alive = alive_] {
    if (!*alive || closed_) return;
    process_input();
    if (wants_input() && stream_->has_buffered_input()) read_input();
    update();
  });
}

// --- output

void HttpConnection::flush() {
  blocked_ = false;
  auto [status, bytes] = output_.flush(*stream_);
  if (bytes > 0) progressed_ = true;
  if (status == IoStatus::failed || status == IoStatus::closed) cut();
}

// An answer that has ended is cleared away from the loop, never from within a call of its own exchange.
void HttpConnection::settle_later() {
  if (settle_posted_) return;
  settle_posted_ = true;
  loop_.post([this, alive = alive_] {
    if (!*alive) return;
    settle_posted_ = false;
    if (!output_.empty()) flush();
    settle();
    if (!closed_) update();
  });
}

void HttpConnection::settle() {
  if (closed_ || !exchange_ || !output_.empty()) return;
  if (answer_ == Answer::finished) return next_request();
  exchange_->on_writable();
}

void HttpConnection::next_request() {
  exchange_.reset();
  report();
  answer_ = Answer::none;
  bool body_unread = input_state_ == Input::body || input_state_ == Input::ignored;
  if (!keep_alive_ || (input_closed_ && input_.empty())) {
    return input_closed_ || !(body_unread || has_unread_input()) ? close() : linger();
  }
  input_state_ = Input::head;
  expects_continue_ = false;
  process_input();
  if (input_closed_ && !exchange_) return close();
  if (!closed_ && stream_->has_buffered_input()) read_input();
}

void HttpConnection::report() {
  if (!record_open_) return;
  record_open_ = false;
  setup_.on_request_done(record_);
}

// Closing with unread bytes would send a reset, which may overtake the answer (RFC 9112, section 9.6).
bool HttpConnection::has_unread_input() const {
  int in_socket = 0;
  bool waiting = ::ioctl(stream_->fd(), FIONREAD, &in_socket) == 0 && in_socket > 0;
  return waiting || !input_.empty() || stream_->has_buffered_input();
}

// Ends our direction and drops what the client still sends.
void HttpConnection::linger() {
  lingering_ = true;
  input_.clear();
  stream_->end_output();
  read_input();
}

// --- the end

void HttpConnection::close() {
  if (closed_) return;
  closed_ = true;
  if (!lingering_) stream_->end_output();
  shut_down();
}

void HttpConnection::cut() {
  if (closed_) return;
  closed_ = true;
  if (!output_.empty()) record_.complete = false;
  reset_if_short();
  shut_down();
}

// The end of the connection would tell the client that an answer is whole which it is not.
void HttpConnection::reset_if_short() {
  bool is_short = answer_ == Answer::streaming || (answer_ == Answer::finished && !output_.empty());
  if (is_short && framing_ == Framing::until_close) reset_on_close(stream_->fd());
}

void HttpConnection::shut_down() {
  report();
  watch_.want(Interest::none);
  timer_.stop();
  // The owner buries this connection; the exchange must not call into it meanwhile, and may be in the middle of a call
  // now.
  if (exchange_) loop_.destroy_later(std::move(exchange_));
  setup_.on_closed();
}

void HttpConnection::update() {
  if (closed_) return;
  int interest = 0;
  if (wants_input()) interest |= static_cast<int>(stream_->read_interest());
  if (!output_.empty() || blocked_) interest |= static_cast<int>(stream_->write_interest());
  watch_.want(static_cast<Interest>(interest));
  update_timer();
}

void HttpConnection::update_timer() {
  Phase phase = Phase::none;
  Duration limit{};
  if (lingering_) {
    phase = Phase::linger, limit = kLingerTime;
  } else if (!output_.empty() || blocked_ || (input_closed_ && exchange_)) {
    phase = Phase::write, limit = setup_.limits.write_timeout;
  } else if (!exchange_) {
    phase = input_.empty() ? Phase::idle : Phase::head;
    limit = input_.empty() ? setup_.limits.idle_timeout : setup_.limits.head_timeout;
  } else if (input_state_ == Input::body && !body_paused_) {
    phase = Phase::body, limit = setup_.limits.write_timeout;
  }
  bool restarts = phase == Phase::write || phase == Phase::body;
  if (phase == phase_ && !(restarts && progressed_)) return;
  phase_ = phase;
  progressed_ = false;
  if (phase == Phase::none) return timer_.stop();
  timer_.start(limit);
}

void HttpConnection::on_timeout() {
  auto phase = phase_;
  phase_ = Phase::none;
  switch (phase) {
    case Phase::head:
      start_record();
      refuse({408, "The head of the request did not arrive within the time that [limits] head_timeout allows."});
      return update();
    case Phase::idle:
    case Phase::linger:
      return close();
    case Phase::write:
    case Phase::body:
      return cut();
    case Phase::none:
      return;
  }
}

}  // namespace weir::proxy
