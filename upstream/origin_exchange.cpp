// SPDX-License-Identifier: Apache-2.0
#include "upstream/origin_exchange.h"

#include <fmt/core.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <new>
#include <utility>

#include "http/text.h"
#include "upstream/certificate_names.h"
#include "upstream/connect_to.h"
#include "upstream/peer_tls.h"
#include "upstream/read_ahead.h"

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;

constexpr int kFirstError = 400;
constexpr int64_t kSlowestBytesPerSecond = 1024;
// Bytes; below that there is little to win by reading ahead.
constexpr uint64_t kLongBody = 256 << 10;
constexpr char kNoMemory[] = "Weir ran out of memory for this answer; ask again later.";
constexpr size_t kAbortTransfer = 0;  // any count but the one that libcurl gave

Reach reach_of(const OriginOptions& options, const OriginRequest& request, const ParentProxy* parent) {
  bool chosen = parent || request.peer || is_operators_choice(options.connect_to, request.host, request.port);
  return chosen ? Reach::operators_choice : Reach::by_policy;
}

bool has_no_body(const OriginRequest& request) {
  return request.body == RequestBody::none || request.method == "HEAD" ||
         (request.body == RequestBody::length && request.body_length == 0);
}

bool is_event_stream(const http::Fields& answer) {
  return http::starts_with_ignoring_case(answer.get("Content-Type"), "text/event-stream");
}

bool is_long(const http::Fields& answer) {
  return http::parse_decimal(answer.get("Content-Length")).value_or(0) >= kLongBody;
}

// What a body brings at least while `time` passes, bytes.
uint64_t least_bytes(Duration time) {
  return static_cast<uint64_t>(time.count() * kSlowestBytesPerSecond / 1000);
}

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

OriginExchange::OriginExchange(const OriginSetup& setup, CurlMulti& multi, OriginRequest request,
                               OriginObserver& observer)
    : CurlJob(multi),
      request_(std::move(request)),
      observer_(&observer),
      parent_(request_.peer ? nullptr : parent_for(setup.options, request_.host, request_.port)),
      gate_(setup.policy, reach_of(setup.options, request_, parent_), setup.options.address_timeout),
      head_(request_.method),
      head_timeout_(request_.first_byte_timeout.value_or(setup.options.first_byte_timeout)),
      stall_timeout_(setup.options.stall_timeout),
      sent_(has_no_body(request_)),
      to_send_(request_.body_length),
      unstalled_(0),
      soon_(setup.loop, [this] { continue_soon(); }),
      overdue_(setup.loop, [this] { on_overdue(); }) {
  configure(setup);
}

void OriginExchange::configure(const OriginSetup& setup) {
  auto authority = authority_text(request_.host, request_.port);
  if (!authority) {
    fault_ = {Kind::unreachable, "The host of the request is neither a name nor an address."};
    return;
  }
  authority_ = *std::move(authority);
  set_transport(easy(), setup.options);
  set_request(easy(), request_, authority_, lines_);
  if (request_.peer) {
    request_.peer->apply(easy());
  } else {
    setup.roots.apply(easy());
    easy().set(CURLOPT_CONNECT_TO, setup.connect_to.get());
  }
  if (parent_) go_through_parent(setup);
  gate_.guard(easy());
  easy().set(CURLOPT_ERRORBUFFER, detail_.data());
  easy().set(CURLOPT_HEADERFUNCTION, &OriginExchange::on_header);
  easy().set(CURLOPT_HEADERDATA, this);
  easy().set(CURLOPT_WRITEFUNCTION, &OriginExchange::on_body);
  easy().set(CURLOPT_WRITEDATA, this);
  easy().set(CURLOPT_READFUNCTION, &OriginExchange::on_upload);
  easy().set(CURLOPT_READDATA, this);
  easy().set(CURLOPT_PREREQFUNCTION, &OriginExchange::on_connected);
  easy().set(CURLOPT_PREREQDATA, this);
  if (easy().error() != CURLE_OK) fault_ = fault_of(easy().error());
}

void OriginExchange::go_through_parent(const OriginSetup& setup) {
  set_parent(easy(), *parent_, setup.parent_fields);
  setup.roots.apply_to_proxy(easy());
  if (parent_->scheme == ParentProxy::Scheme::https) verdict_.watch(easy());
  auto refused = refused_literal(setup.policy, request_.host, request_.port);
  if (!refused) return;
  CurlFailure failure;
  failure.authority = authority_;
  failure.refused = refused;
  fault_ = to_fault(failure);
}

void OriginExchange::begin() {
  if (fault_) {
    soon_.start(Duration(0));
  } else {
    multi()->join(*this);
  }
}

void OriginExchange::resume_reading() {
  if (observer_ && std::exchange(reading_paused_, false)) soon_.start(Duration(0));
}

void OriginExchange::resume_body() {
  if (observer_ && std::exchange(sending_paused_, false)) soon_.start(Duration(0));
}

void OriginExchange::continue_soon() {
  CurlMulti::Scope scope(*multi());
  if (fault_) {
    report(std::move(fault_));
    return;
  }
  watch();
  multi()->pause(*this, (reading_paused_ ? CURLPAUSE_RECV : 0) | (sending_paused_ ? CURLPAUSE_SEND : 0));
}

size_t OriginExchange::on_header(char* bytes, size_t size, size_t count, void* self) {
  std::string_view line(bytes, size * count);
  auto& exchange = *static_cast<OriginExchange*>(self);
  return exchange.or_abort(kAbortTransfer,
                           [&] { return exchange.take_header_line(line) ? line.size() : kAbortTransfer; });
}

size_t OriginExchange::on_body(char* bytes, size_t size, size_t count, void* self) {
  auto& exchange = *static_cast<OriginExchange*>(self);
  return exchange.or_abort(kAbortTransfer, [&] { return exchange.take_body({bytes, size * count}); });
}

size_t OriginExchange::on_upload(char* buffer, size_t size, size_t count, void* self) {
  auto& exchange = *static_cast<OriginExchange*>(self);
  return exchange.or_abort(CURL_READFUNC_ABORT, [&] { return exchange.fill_upload({buffer, size * count}); });
}

// Memory that runs out ends this exchange; libcurl could not pass the exception on.
template <typename Step>
size_t OriginExchange::or_abort(size_t abort, Step step) {
  try {
    return step();
  } catch (const std::bad_alloc&) {
    fault_ = {Kind::cut, kNoMemory};
    return abort;
  }
}

int OriginExchange::on_connected(void* self, char*, char*, int, int) {
  auto& exchange = *static_cast<OriginExchange*>(self);
  if (!exchange.observer_) return CURL_PREREQFUNC_ABORT;
  // A peer's key was compared in the handshake.
  bool has_name = exchange.request_.scheme == OriginRequest::Scheme::https && !exchange.request_.peer;
  if (has_name && !certificate_names(exchange.easy(), exchange.request_.host)) {
    exchange.fault_ = {
        Kind::bad_certificate,
        fmt::format("The certificate of {} is not trusted: it does not name this host in its "
                    "subjectAltName; the connection was given up, and nothing can switch this check off.",
                    exchange.authority_)};
    return CURL_PREREQFUNC_ABORT;
  }
  exchange.connected_ = true;
  stop_reading_ahead(exchange.easy());
  exchange.watch();
  return CURL_PREREQFUNC_OK;
}

bool OriginExchange::take_header_line(std::string_view line) {
  if (!observer_) return false;
  auto head = head_.on_line(line);
  if (!head) {
    bool in_trailers = head_.complete();
    fault_ = {in_trailers ? Kind::cut : Kind::protocol,
              fmt::format("{} gave an answer that is no valid HTTP: {}", authority_, head.error().message)};
    return false;
  }
  if (!*head) return true;
  if (head_.body_kind() == http::BodyKind::until_close) close_notify_.watch(easy());
  // Whatever the client said that it accepts.
  if (is_event_stream((*head)->fields)) head_timeout_ = Duration(0);
  if ((*head)->status >= kFirstError) {
    // libcurl stops sending now, but waits for ever for a send that is paused.
    sent_ = true;
    resume_body();
  }
  watch();
  reads_ahead_ = head_.body_kind() == http::BodyKind::length && is_long((*head)->fields);
  if (reads_ahead_) start_reading_ahead(easy());
  observer_->on_head(*std::move(*head));
  return observer_ != nullptr;
}

size_t OriginExchange::take_body(std::string_view bytes) {
  if (!observer_) return kAbortTransfer;
  bool ready = observer_->ready_for_data();
  if (!observer_) return kAbortTransfer;
  if (!ready) {
    reading_paused_ = true;
    watch();
    return CURL_WRITEFUNC_PAUSE;
  }
  unstalled_ += bytes.size();
  if (unstalled_ >= least_bytes(stall_timeout_)) watch();
  observer_->on_data(bytes);
  if (observer_ && reads_ahead_) multi()->took_bytes(*this);
  return observer_ ? bytes.size() : kAbortTransfer;
}

size_t OriginExchange::fill_upload(std::span<char> buffer) {
  if (!observer_) return CURL_READFUNC_ABORT;
  if (sent_) return 0;
  bool counted = request_.body == RequestBody::length;
  if (counted) buffer = buffer.first(static_cast<size_t>(std::min<uint64_t>(buffer.size(), to_send_)));
  bool at_end = false;
  size_t filled = observer_->read_body(buffer, at_end);
  if (!observer_) return CURL_READFUNC_ABORT;
  if (counted) {
    to_send_ -= filled;
    if (at_end && to_send_ > 0) {
      fault_ = {Kind::protocol,
                fmt::format("The body of the request to {} is shorter than its Content-Length.", authority_)};
      return CURL_READFUNC_ABORT;
    }
    at_end = to_send_ == 0;
  }
  sent_ = at_end;
  sending_paused_ = filled == 0 && !at_end;
  watch();
  return sending_paused_ ? CURL_READFUNC_PAUSE : filled;
}

void OriginExchange::finished(CURLcode code) {
  if (!fault_ && code != CURLE_OK) fault_ = fault_of(code);
  if (!fault_) fault_ = hidden_fault();
  report(std::move(fault_));
}

// What libcurl takes for a complete answer and is none.
std::optional<OriginFault> OriginExchange::hidden_fault() const {
  if (!head_.complete()) {
    return OriginFault{Kind::protocol,
                       fmt::format("{} closed the connection within the head of its answer.", authority_)};
  }
  if (head_.body_kind() == http::BodyKind::until_close && !close_notify_.received()) {
    return OriginFault{Kind::cut, fmt::format("The connection to {} ended without the sign that the answer was whole "
                                              "(TLS close_notify).",
                                              authority_)};
  }
  return std::nullopt;
}

void OriginExchange::abandon() {
  observer_ = nullptr;
  soon_.stop();
  overdue_.stop();
}

void OriginExchange::report(std::optional<OriginFault> fault) {
  auto* observer = std::exchange(observer_, nullptr);
  abandon();
  observer->on_done(std::move(fault));
}

OriginFault OriginExchange::fault_of(CURLcode code) {
  CurlFailure failure;
  failure.code = code;
  failure.detail = detail_.data();
  curl_easy_getinfo(easy().get(), CURLINFO_SSL_VERIFYRESULT, &failure.verify_result);
  if (parent_ && failure.verify_result == 0)
    curl_easy_getinfo(easy().get(), CURLINFO_PROXY_SSL_VERIFYRESULT, &failure.verify_result);
  if (code == CURLE_SSL_CONNECT_ERROR && verdict_.result() != X509_V_OK) {
    failure.code = CURLE_PEER_FAILED_VERIFICATION;
    failure.verify_result = verdict_.result();
    failure.detail = X509_verify_cert_error_string(failure.verify_result);
  }
  failure.authority = authority_;
  failure.phase = phase();
  failure.refused = gate_.refused();
  failure.no_descriptors = gate_.lacked_descriptors(code);
  failure.parent = parent_;
  curl_easy_getinfo(easy().get(), CURLINFO_HTTP_CONNECTCODE, &failure.parent_status);
  curl_easy_getinfo(easy().get(), CURLINFO_OS_ERRNO, &failure.os_error);
  return to_fault(failure);
}

Phase OriginExchange::phase() const {
  if (head_.complete()) return Phase::body;
  if (head_.started()) return Phase::head;
  return connected_ ? Phase::waiting : Phase::connecting;
}

OriginExchange::Awaited OriginExchange::awaited() const {
  if (!connected_) return Awaited::nothing;
  if (!sent_) return sending_paused_ ? Awaited::nothing : Awaited::upload;
  if (!head_.complete()) return Awaited::head;
  return reading_paused_ ? Awaited::nothing : Awaited::body;
}

// Starts the time-out of what is awaited now from its beginning.
void OriginExchange::watch() {
  unstalled_ = 0;
  Duration time{0};
  switch (awaited()) {
    case Awaited::nothing:
      break;
    case Awaited::upload:
      time = stall_timeout_;
      break;
    case Awaited::head:
      time = head_timeout_;
      break;
    case Awaited::body:
      // Whoever waits for ever for the first byte waits for all others: an event stream may be silent for long.
      time = head_timeout_ > Duration(0) ? stall_timeout_ : Duration(0);
      break;
  }
  if (time > Duration(0)) {
    overdue_.start(time);
  } else {
    overdue_.stop();
  }
}

void OriginExchange::on_overdue() {
  auto phase_now = awaited();
  CurlMulti::Scope scope(*multi());
  multi()->leave(*this);
  if (phase_now == Awaited::body) {
    report(OriginFault{Kind::cut, fmt::format("The answer of {} stalled: less than 1 KiB/s for {} s.", authority_,
                                              seconds(stall_timeout_))});
  } else if (phase_now == Awaited::upload) {
    report(OriginFault{Kind::timeout, fmt::format("{} took nothing of the request's body for {} s.", authority_,
                                                  seconds(stall_timeout_))});
  } else {
    report(OriginFault{Kind::timeout,
                       fmt::format("{} did not begin its answer within {} s.", authority_, seconds(head_timeout_))});
  }
}

}  // namespace weir::upstream
