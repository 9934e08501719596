// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_peers.h"

#include <algorithm>
#include <utility>

#include "upstream/byte_ranges.h"
#include "upstream/peer_request.h"
#include "upstream/source_answer.h"

namespace weir::upstream {
namespace {

// A peer that gets the blob at this time has more of it soon; of one that got nothing new less is expected each time.
constexpr Duration kFirstPause{1'000};
constexpr Duration kLongestPause{16'000};

// Where others could fill only bytes between two blocks they would be asked for crumbs.
std::vector<ByteRange> whole_blocks_in(const std::vector<ByteRange>& runs, uint64_t size) {
  std::vector<ByteRange> blocks;
  for (auto run : runs) {
    auto begin = (run.begin + kBlockSize - 1) / kBlockSize * kBlockSize;
    auto end = run.end == size ? size : run.end / kBlockSize * kBlockSize;
    if (begin < end) blocks.push_back({begin, end});
  }
  return blocks;
}

}  // namespace

class FetchPeers::Question : private OriginObserver {
 public:
  Question(FetchPeers& peers, Asked& asked) : peers_(peers), asked_(asked) {}

  void ask(OriginRequest request) { transfer_ = peers_.context_.origin.start(std::move(request), *this); }

 private:
  void on_head(http::ResponseHead head) override { head_ = std::move(head); }
  bool ready_for_data() override { return true; }
  void on_data(std::string_view) override {}
  void on_done(std::optional<OriginFault> fault) override { peers_.on_answer(asked_, runs(fault)); }

  std::vector<ByteRange> runs(const std::optional<OriginFault>& fault) {
    auto now = monotonic_now();
    if (fault) {
      asked_.peer->failed(fault->message, now);
      return {};
    }
    auto holding = holding_in(head_);
    auto answer = judge_source_answer(head_, {SourceKind::peer, peers_.digest_, {0, peers_.size_}, peers_.size_});
    if (answer.kind == SourceAnswer::Kind::use && !holding)
      answer = {SourceAnswer::Kind::lies, {}, std::nullopt, "it does not say which bytes it has"};
    asked_.peer->answered(answer, now);
    return answer.kind == SourceAnswer::Kind::use ? whole_blocks_in(holding->runs, peers_.size_)
                                                  : std::vector<ByteRange>();
  }

  FetchPeers& peers_;
  Asked& asked_;
  http::ResponseHead head_;
  std::unique_ptr<OriginTransfer> transfer_;
};

FetchPeers::FetchPeers(const FetchContext& context, const Sha256& digest, uint64_t size,
                       std::function<void()> on_change)
    : context_(context), digest_(digest), size_(size), on_change_(std::move(on_change)), again_(context.loop, [this] {
        on_due();
      }) {}

FetchPeers::~FetchPeers() = default;

FetchPeers::Asked& FetchPeers::asked(const std::shared_ptr<Source>& peer, MonotonicTime now) {
  for (const auto& each : asked_)
    if (each->peer == peer) return *each;
  asked_.push_back(std::make_unique<Asked>(Asked{peer, {}, false, false, kFirstPause, now, nullptr}));
  return *asked_.back();
}

void FetchPeers::ask(const std::shared_ptr<Source>& peer, const http::Url& place, std::shared_ptr<const PeerTls> tls,
                     MonotonicTime now) {
  auto& its = asked(peer, now);
  its.question = std::make_unique<Question>(*this, its);
  its.question->ask(ask_what_peer_has(place, std::move(tls), context_.setup.pseudonym));
}

bool FetchPeers::is_due(const Source& peer, MonotonicTime now) const {
  for (const auto& each : asked_)
    if (each->peer.get() == &peer) return !each->question && each->again && *each->again <= now;
  return true;
}

const std::vector<ByteRange>& FetchPeers::runs(const Source& peer) const {
  static const std::vector<ByteRange> kNone;
  for (const auto& each : asked_)
    if (each->peer.get() == &peer) return each->runs;
  return kNone;
}

bool FetchPeers::is_asking() const {
  return std::any_of(asked_.begin(), asked_.end(), [](const auto& each) { return each->question || each->grows; });
}

void FetchPeers::on_answer(Asked& asked, std::vector<ByteRange> runs) {
  bool has_all = total_size(runs) == size_;
  asked.grows = !has_all && total_size(runs) > total_size(asked.runs);
  asked.pause = asked.grows || !asked.has_answered ? kFirstPause : std::min(asked.pause * 2, kLongestPause);
  asked.again = has_all ? std::nullopt : std::optional(monotonic_now() + asked.pause);
  asked.runs = std::move(runs);
  asked.has_answered = true;
  // It is in the middle of this call.
  context_.loop.destroy_later(std::move(asked.question));
  wait(monotonic_now());
  on_change_();
}

// Who cannot be asked now is not waited for.
void FetchPeers::on_due() {
  auto now = monotonic_now();
  for (const auto& each : asked_)
    if (is_due(*each->peer, now)) each->grows = false;
  wait(now);
  on_change_();
}

// Until the next one that is to be asked again.  Whoever cannot be asked now is asked when something else happens.
void FetchPeers::wait(MonotonicTime now) {
  std::optional<MonotonicTime> next;
  for (const auto& each : asked_)
    if (!each->question && each->again > now) next = std::min(next.value_or(*each->again), *each->again);
  if (next) again_.start(std::chrono::ceil<Duration>(*next - now));
}

void FetchPeers::cancel() {
  again_.stop();
  for (const auto& each : asked_) {
    each->question = nullptr;
    each->grows = false;
  }
}

}  // namespace weir::upstream
