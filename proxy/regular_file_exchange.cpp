// SPDX-License-Identifier: Apache-2.0
#include "proxy/regular_file_exchange.h"

#include <optional>
#include <string>
#include <utility>

#include "base/loop.h"
#include "proxy/file_exchange.h"
#include "proxy/question_queue.h"
#include "proxy/regular_file_filter.h"

namespace weir::proxy {
namespace {

// Whoever asks may have a client that does not read, which holds up the file: below the 10 s after which clients give
// up.
constexpr Duration kPatience{5'000};

class RegularFileExchange : public Exchange {
 public:
  RegularFileExchange(WorkerContext& context, Responder& responder, RegularFileRequest request)
      : context_(context), responder_(responder), request_(std::move(request)) {}

  void start() override {
    look_up();
    if (needs_no_hub()) return answer();
    if (!may_wait()) return ask();
    turn_ = context_.services.questions.take(key(), context_.loop, [this] { on_waited(); });
    if (turn_->asks()) return on_turn();
    patience_.emplace(context_.loop, [this] { on_waited(); });
    patience_->start(kPatience);
  }

 private:
  // Another's answer may have come since it was looked for.
  void on_turn() {
    look_up();
    if (!needs_no_hub()) return ask();
    turn_.reset();
    answer();
  }

  void on_waited() {
    look_up();
    turn_.reset();
    patience_.reset();
    if (needs_no_hub()) return answer();
    ask();
  }

  void look_up() {
    request_.held = context_.services.catalog.find_regular_file(request_.name);
    if (!request_.held) return;
    // One that was damaged is asked for anew.
    request_.blob = open_held(context_.services, request_.held->digest);
    if (!request_.blob) request_.held.reset();
  }

  // The bytes of a file of a commit never change, so that the permission alone is in question.  What a page of another
  // site may read is the hub's to say.
  bool needs_no_hub() const {
    auto& access = context_.services.memory.access();
    return request_.held && hub::was_confirmed(*request_.held) && hub::is_commit(request_.file.revision) &&
           !request_.client.head.fields.has("Origin") &&
           access.is_fresh(request_.asker, request_.repo(), hub::Right::regular_files, monotonic_now());
  }

  // Another's answer can be its own, and it has no body, which a request that waits would lose.
  bool may_wait() const {
    const auto& head = request_.client.head;
    return head.method == "GET" && !head.fields.has("Range") && !head.fields.has("Origin") &&
           request_.client.body.kind == http::BodyKind::none;
  }

  std::string key() const {
    const auto& credentials = request_.asker.credentials;
    return "regular\n" + (credentials ? credentials->hex() : std::string()) + '\n' + request_.name.host + '\n' +
           request_.name.path;
  }

  void answer() { responder_.hand_over(answer_held(context_, responder_, std::move(request_), {}, Basis::memory)); }

  void ask() { responder_.hand_over(ask_hub(context_, responder_, std::move(request_), std::move(turn_))); }

  WorkerContext& context_;
  Responder& responder_;
  RegularFileRequest request_;
  std::unique_ptr<QuestionQueue::Turn> turn_;
  std::optional<Timer> patience_;  // while it waits for another
};

}  // namespace

std::unique_ptr<Exchange> make_regular_file_exchange(WorkerContext& context, Responder& responder, ClientRequest client,
                                                     const hub::RepoFile& file) {
  auto asker = context.services.memory.askers().of(client.head.fields);
  auto name = hub::regular_file_name(client.host, file);
  RegularFileRequest request{std::move(client), std::move(name), file, asker, std::nullopt, nullptr};
  return std::make_unique<RegularFileExchange>(context, responder, std::move(request));
}

}  // namespace weir::proxy
