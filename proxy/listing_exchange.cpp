// SPDX-License-Identifier: Apache-2.0
#include "proxy/listing_exchange.h"

#include <functional>
#include <string>
#include <utility>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "proxy/listing_relay.h"
#include "proxy/question_queue.h"
#include "proxy/recalled_listing.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

// Of a POST whose answer is remembered: a thousand paths take a tenth of it, and it is held whole.
constexpr size_t kMaxQuestion = 1 << 20;
// For another client's answer, which comes as slowly as that client reads it.  Clients give up after 10 s of silence.
constexpr Duration kLongestWait{3'000};

class ListingExchange : public Exchange {
 public:
  ListingExchange(WorkerContext& context, Responder& responder, ListingQuestion question)
      : context_(context), responder_(responder), question_(std::move(question)), wait_timer_(context.loop, [this] {
          has_waited_ = true;
          decide();
        }) {}

  void start() override { responder_.send_continue(); }

  void on_request_body(std::string_view bytes) override {
    question_.body += bytes;
    if (question_.body.size() <= kMaxQuestion) return;
    auto begun = std::move(question_.body);
    auto relay = ask_for_listing(context_, responder_, std::move(question_), ListingUse::relayed, {}, nullptr);
    relay->on_request_body(begun);
    responder_.hand_over(std::move(relay));
  }

  void on_request_end() override {
    const auto& request = question_.request;
    question_.name = hub::listing_name(question_.asker(), request.head, request.host, question_.body);
    kept_ = peek_listing(metadata(), question_.name);
    if (answer_if_possible()) return;
    std::function<hub::KeptAnswers()> look = [&metadata = metadata(), name = question_.name] {
      return recall_listing(metadata, name);
    };
    std::function<void(hub::KeptAnswers)> done = [this](hub::KeptAnswers kept) {
      kept_ = std::move(kept);
      decide();
    };
    task_ = context_.services.disk.submit(context_.loop, std::move(look), std::move(done));
  }

 private:
  hub::Metadata& metadata() { return context_.services.memory.metadata(); }

  bool answer_if_possible() {
    auto& memory = context_.services.memory;
    auto answer = hub::answer_now(terms_of(question_, memory), kept_, memory.access(), hub::Moment::now());
    if (!answer) return false;
    responder_.hand_over(answer_listing(context_, responder_, question_.request, answer, Basis::memory));
    return true;
  }

  void decide() {
    if (answer_if_possible()) return;
    // The answer to a HEAD settles nothing for others.
    if (has_waited_ || question_.request.head.method == "HEAD") return ask();
    turn_ = context_.services.questions.take(question_.key(), context_.loop, [this] { on_others_answer(); });
    if (!turn_->asks()) return wait_timer_.start(kLongestWait);
    // Another's answer may have come since memory was looked at.
    look_again();
    if (!answer_if_possible()) ask();
  }

  void on_others_answer() {
    has_waited_ = true;
    wait_timer_.stop();
    look_again();
    decide();
  }

  // What was found on the disk need not be in memory.
  void look_again() {
    auto newer = peek_listing(metadata(), question_.name);
    if (newer.own) kept_.own = std::move(newer.own);
    if (newer.open) kept_.open = std::move(newer.open);
  }

  void ask() {
    // One who waited too long waits no more.
    if (turn_ && !turn_->asks()) turn_.reset();
    responder_.hand_over(ask_for_listing(context_, responder_, std::move(question_), ListingUse::remembered,
                                         std::move(kept_), std::move(turn_)));
  }

  WorkerContext& context_;
  Responder& responder_;
  ListingQuestion question_;
  hub::KeptAnswers kept_;
  DiskTask task_;
  std::unique_ptr<QuestionQueue::Turn> turn_;
  Timer wait_timer_;
  bool has_waited_ = false;  // for another's question
};

bool can_be_remembered(const ClientRequest& request) {
  bool has_body = request.body.kind != http::BodyKind::none;
  return hub::is_plain_listing(request.head) && (!has_body || request.head.method == "POST");
}

}  // namespace

std::unique_ptr<Exchange> make_listing_exchange(WorkerContext& context, Responder& responder, ClientRequest request,
                                                const hub::RepoFile& about) {
  if (context.settings->options.xet == XetMode::pass)
    return std::make_unique<RelayExchange>(context, responder,
                                           make_origin_request(request, context.services.pseudonym));
  bool remembered = can_be_remembered(request);
  hub::AnswerName name;
  name.audience = context.services.memory.askers().of(request.head.fields);
  ListingQuestion question{std::move(request), about, std::move(name), ""};
  if (remembered) return std::make_unique<ListingExchange>(context, responder, std::move(question));
  return ask_for_listing(context, responder, std::move(question), ListingUse::relayed, {}, nullptr);
}

}  // namespace weir::proxy
