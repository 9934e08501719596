// SPDX-License-Identifier: Apache-2.0
#include "proxy/resolve_exchange.h"

#include <functional>
#include <string>
#include <utility>

#include "base/disk_pool.h"
#include "hub/xet.h"
#include "proxy/question_queue.h"
#include "proxy/recalled_file.h"
#include "proxy/recalled_listing.h"
#include "proxy/relay_exchange.h"
#include "proxy/resolve_filter.h"

namespace weir::proxy {
namespace {

class ResolveExchange : public Exchange {
 public:
  ResolveExchange(WorkerContext& context, Responder& responder, ResolveQuestion question)
      : context_(context), responder_(responder), question_(std::move(question)) {}

  void start() override {
    recalled_ = peek(memory(), question_.file, question_.name());
    if (recalled_.head) return decide();
    std::function<RecalledFile()> look = [&memory = memory(), file = question_.file, name = question_.name()] {
      return recall(memory, file, name);
    };
    std::function<void(RecalledFile)> done = [this](RecalledFile recalled) {
      recalled_ = std::move(recalled);
      decide();
    };
    task_ = context_.services.disk.submit(context_.loop, std::move(look), std::move(done));
  }

 private:
  hub::HubMemory& memory() { return context_.services.memory; }

  bool may_answer() {
    auto ttl = memory().metadata().options().revision_ttl;
    return recalled_.is_current(wall_now(), ttl) &&
           memory().access().is_fresh(question_.asker, question_.repo(), recalled_.right(), monotonic_now());
  }

  void decide() {
    auto moved = hub::answer_now(question_.terms(memory()), recalled_.moved, memory().access(), hub::Moment::now());
    if (moved)
      return responder_.hand_over(answer_listing(context_, responder_, question_.request, moved, Basis::memory));
    if (!can_answer(context_.services, question_.request, recalled_)) return ask();
    if (may_answer()) {
      auto answer = answer_recalled(context_, responder_, std::move(question_.request), recalled_, Basis::memory);
      return responder_.hand_over(std::move(answer));
    }
    if (has_waited_) return ask();
    turn_ = context_.services.questions.take(question_.key(recalled_.right()), context_.loop, [this] {
      has_waited_ = true;
      recalled_ = peek(memory(), question_.file, question_.name());
      decide();
    });
    if (turn_->asks()) ask();
  }

  void ask() {
    auto relay = ask_hub(context_, responder_, std::move(question_), std::move(recalled_), std::move(turn_));
    responder_.hand_over(std::move(relay));
  }

  WorkerContext& context_;
  Responder& responder_;
  ResolveQuestion question_;
  RecalledFile recalled_;
  DiskTask task_;
  std::unique_ptr<QuestionQueue::Turn> turn_;
  bool has_waited_ = false;  // for another's question
};

}  // namespace

std::unique_ptr<Exchange> make_resolve_exchange(WorkerContext& context, Responder& responder, ClientRequest request,
                                                const hub::Route& route) {
  auto asker = context.services.memory.askers().of(request.head.fields);
  bool plain = is_plain_question(request);
  ResolveQuestion question{std::move(request), route.file, asker, plain};
  // Where clients may use Xet, answers have its signs, which are not remembered.
  bool strips = context.settings->options.xet == XetMode::strip;
  if (!plain || !strips) return ask_hub(context, responder, std::move(question), {}, nullptr);
  return std::make_unique<ResolveExchange>(context, responder, std::move(question));
}

}  // namespace weir::proxy
