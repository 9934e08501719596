// SPDX-License-Identifier: Apache-2.0
#include "proxy/relay_exchange.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "http/cache_status.h"
#include "http/text.h"
#include "http/via.h"
#include "proxy/error_answer.h"
#include "upstream/blob_answer.h"

namespace weir::proxy {

namespace {

bool is_passing_trouble(int status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

// Before the answer's head, that is: of what is cut behind it the client has something already.
bool is_passing_trouble(upstream::OriginFault::Kind kind) {
  using Kind = upstream::OriginFault::Kind;
  return kind == Kind::unreachable || kind == Kind::protocol || kind == Kind::no_descriptors;
}

// What is not said here is the client's to know: a certificate that is wrong, an address that is forbidden.
bool can_stand_in_for(upstream::OriginFault::Kind kind) {
  return is_passing_trouble(kind) || kind == upstream::OriginFault::Kind::timeout;
}

// Of all requests, when a 429 does not say how long.
constexpr Duration kDefaultPause{5'000};

std::string unreachable_message(const std::string& host, hub::OfflineMode mode) {
  if (mode == hub::OfflineMode::always)
    return "Weir is told not to ask " + host + " ([offline] mode), and does not hold what was asked for.";
  return host + " could not be reached a moment ago, and Weir does not hold what was asked for.";
}

}  // namespace

int status_of(const upstream::OriginFault& fault) {
  return fault.kind == upstream::OriginFault::Kind::refused_address ? 403 : fault.status();
}

RelayExchange::RelayExchange(WorkerContext& context, Responder& responder, upstream::OriginRequest request,
                             std::unique_ptr<AnswerFilter> filter, Persistence persistence)
    : context_(context),
      responder_(responder),
      request_(std::move(request)),
      filter_(std::move(filter)),
      retry_timer_(context.loop, [this] { transfer_ = context_.origin.start(request_, *this); }),
      patience_timer_(context.loop, [this] { on_patience_ended(); }) {
  bool repeatable =
      request_.body == upstream::RequestBody::none && (request_.method == "GET" || request_.method == "HEAD");
  if (persistence == Persistence::patient && repeatable) schedule_ = context.services.fetches.asking_schedule();
}

void RelayExchange::set_body(std::string body) {
  own_body_ = true;
  upload_ = std::move(body);
  upload_ended_ = true;
  request_.body = upstream::RequestBody::length;
  request_.body_length = upload_.size();
}

void RelayExchange::start() {
  responder_.record().outcome = Outcome::pass;
  if (!asks_hub()) return ask_patiently();
  auto& health = context_.services.memory.health();
  switch (health.advice(monotonic_now())) {
    case hub::HubAdvice::ask:
      return ask_patiently();
    case hub::HubAdvice::unreachable:
      if (stand_in()) return;
      return answer_error(responder_, 504, unreachable_message(request_.host, health.options().mode));
    case hub::HubAdvice::limited:
      if (stand_in()) return;
      return answer_error(responder_, 429,
                          request_.host + " asked for a pause of all requests a short while ago; ask again later.",
                          health.pause_left(monotonic_now()));
  }
}

void RelayExchange::ask_patiently() {
  if (filter_->has_memory()) patience_timer_.start(context_.services.memory.health().options().patience);
  ask();
}

void RelayExchange::ask() {
  if (schedule_) schedule_->begin(monotonic_now());
  transfer_ = context_.origin.start(request_, *this);
}

// --- the hub's health

bool RelayExchange::asks_hub() const {
  return context_.services.roles.of(request_.host) == hub::Role::hub;
}

// Whether this is what a client is told that wants something which is not held, while the hub is away: the same as it
// will be told from now on.
bool RelayExchange::misses_hub(const upstream::OriginFault& fault) const {
  bool reads = request_.method == "GET" || request_.method == "HEAD";
  bool away = fault.kind == upstream::OriginFault::Kind::unreachable && !fault.connected && !fault.at_parent;
  return asks_hub() && reads && away && context_.services.memory.health().is_down();
}

// Answers from memory, if there is one.
bool RelayExchange::stand_in() {
  if (responder_.head_sent() || !filter_->has_memory()) return false;
  bool never = context_.services.memory.health().options().mode == hub::OfflineMode::never;
  if (asks_hub() && never) return false;
  auto answer = filter_->answer_without_hub();
  transfer_.reset();
  patience_timer_.stop();
  responder_.hand_over(std::move(answer));
  return true;
}

void RelayExchange::report(hub::HubChange change, std::string_view why) {
  if (change == hub::HubChange::went_down)
    log::warning("{} cannot be asked ({}): what is held and remembered is served, the rest is refused", request_.host,
                 why);
  if (change == hub::HubChange::came_back) log::info("{} can be asked again", request_.host);
}

void RelayExchange::on_status(int status, std::optional<Duration> retry_after) {
  patience_timer_.stop();
  if (!asks_hub()) return;
  auto& health = context_.services.memory.health();
  auto now = monotonic_now();
  if (status == 429) return health.limited(now, retry_after.value_or(kDefaultPause));
  if (status < 500) return report(health.answered(now), "");
  // An exchange that tries again and again says it once.
  if (!std::exchange(failed_, true)) report(health.server_error(now), "it answers with " + std::to_string(status));
}

void RelayExchange::on_fault(const upstream::OriginFault& fault) {
  patience_timer_.stop();
  using Kind = upstream::OriginFault::Kind;
  if (fault.kind == Kind::no_descriptors) doubt_store(fault);
  if (!asks_hub() || responder_.head_sent() || std::exchange(failed_, true)) return;
  auto& health = context_.services.memory.health();
  bool absent = fault.kind == Kind::timeout || (fault.kind == Kind::unreachable && !fault.connected);
  if (absent) return report(health.unreachable(monotonic_now()), fault.message);
  if (fault.kind == Kind::unreachable || fault.kind == Kind::protocol)
    report(health.server_error(monotonic_now()), fault.message);
}

// What lacks descriptors for connections lacks them for files.
void RelayExchange::doubt_store(const upstream::OriginFault& fault) {
  auto& store = context_.services.store;
  context_.services.disk.submit(
      [&store, error = Error{ErrorCode::no_descriptors, fault.message}] { store.health().doubt(error, wall_now()); });
}

// There was no answer for so long that a client might give up; what is held can be served.
void RelayExchange::on_patience_ended() {
  if (asks_hub()) report(context_.services.memory.health().unreachable(monotonic_now()), "it does not answer");
  stand_in();
}

// --- the request's body

void RelayExchange::on_request_body(std::string_view bytes) {
  if (own_body_) return;
  upload_.append(bytes);
  if (upload_.size() - upload_sent_ >= kMaxQueued) {
    body_paused_ = true;
    responder_.pause_request_body();
  }
  if (transfer_) transfer_->resume_body();
}

void RelayExchange::on_request_end() {
  upload_ended_ = true;
  if (transfer_) transfer_->resume_body();
}

size_t RelayExchange::read_body(std::span<char> buffer, bool& at_end) {
  // The origin is connected and has the head: now the client may send what it holds back (RFC 9110, section 10.1.1).
  responder_.send_continue();
  auto count = std::min(buffer.size(), upload_.size() - upload_sent_);
  std::memcpy(buffer.data(), upload_.data() + upload_sent_, count);
  upload_sent_ += count;
  if (upload_sent_ == upload_.size()) {
    upload_.clear();
    upload_sent_ = 0;
  }
  at_end = upload_ended_ && upload_.empty();
  if (body_paused_ && upload_.size() - upload_sent_ < kMaxQueued / 2) {
    body_paused_ = false;
    responder_.resume_request_body();
  }
  return count;
}

// --- the answer

void RelayExchange::on_head(http::ResponseHead head) {
  on_status(head.status, upstream::retry_after(head.fields));
  if ((head.status >= 500 || head.status == 429) && stand_in()) return;
  if (is_passing_trouble(head.status) && try_again(upstream::retry_after(head.fields))) return;
  auto length = http::parse_decimal(head.fields.get("Content-Length"));
  if (auto next = filter_->on_head(head, length)) {
    transfer_.reset();
    return responder_.hand_over(std::move(next));
  }
  http::add_via(head.fields, 1, context_.services.pseudonym);
  auto status = http::cache_status("Weir", http::CacheOutcome::pass);
  auto theirs = std::string(head.fields.get("Cache-Status"));
  head.fields.set("Cache-Status", theirs.empty() ? status : theirs + ", " + status);
  // Another way to the origin would be another way past the proxy.
  head.fields.remove("Alt-Svc");
  head_ = std::move(head);
  length_ = length;
  if (!filter_->delays_head()) send_head();
}

void RelayExchange::send_head() {
  if (!head_) return;
  responder_.send_head(*std::exchange(head_, std::nullopt), length_);
}

bool RelayExchange::ready_for_data() {
  return !responder_.congested();
}

void RelayExchange::on_data(std::string_view bytes) {
  send(filter_->on_data(bytes));
}

void RelayExchange::on_writable() {
  if (transfer_) transfer_->resume_reading();
}

void RelayExchange::on_done(std::optional<upstream::OriginFault> fault) {
  transfer_.reset();
  if (!fault) {
    auto rest = filter_->on_end();
    if (!rest) return fail(502, "The bytes that came from " + request_.host + " are not the file; ask again.");
    send_head();
    send(*rest);
    return responder_.finish();
  }
  log::warning("{}: {}", request_.host, fault->message);
  on_fault(*fault);
  if (can_stand_in_for(fault->kind) && stand_in()) return;
  if (is_passing_trouble(fault->kind) && try_again(std::nullopt)) return;
  fail(misses_hub(*fault) ? 504 : status_of(*fault), fault->message);
}

// False: the trouble is the client's to know.
bool RelayExchange::try_again(std::optional<Duration> not_before) {
  auto delay = schedule_ ? schedule_->next(monotonic_now(), not_before) : std::nullopt;
  if (!delay) return false;
  transfer_.reset();
  retry_timer_.start(*delay);
  return true;
}

void RelayExchange::fail(int status, std::string_view message) {
  if (responder_.head_sent()) return responder_.abort();
  answer_error(responder_, status, message);
}

void RelayExchange::send(std::string_view bytes) {
  if (bytes.empty()) return;
  send_head();
  responder_.record().from_origin += bytes.size();
  responder_.send_body(bytes);
}

}  // namespace weir::proxy
