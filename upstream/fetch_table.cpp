// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_table.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "upstream/fetch.h"

namespace weir::upstream {

// Lives on the client's loop; its end is told to the fetch loop.
class FetchTable::Membership : public FetchMembership {
 public:
  Membership(FetchTable& table, std::shared_ptr<FetchMember> member, const Sha256& digest)
      : table_(table), member_(std::move(member)), digest_(digest) {}
  ~Membership() override {
    member_->listener = nullptr;
    table_.loop_.post([&table = table_, member = member_, digest = digest_] { table.dismiss(member, digest); });
  }

 private:
  FetchTable& table_;
  std::shared_ptr<FetchMember> member_;
  Sha256 digest_;
};

FetchTable::FetchTable(FetchSetup setup, cas::BlobStore& store, DiskPool& pool, const AddressPolicy& policy)
    : setup_(std::move(setup)),
      store_(store),
      pool_(pool),
      origin_(loop_, setup_.origin, setup_.trusted_roots, policy),
      sources_(setup_.sources),
      probe_(loop_, origin_, setup_.pseudonym),
      direct_{setup_.options, setup_.origin.connect_timeout, setup_.pseudonym, setup_.is_intercepted} {}

FetchTable::~FetchTable() {
  stop();
}

void FetchTable::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void FetchTable::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
  fetches_.clear();
}

void FetchTable::use(FetchOptions options, std::function<bool(std::string_view host)> is_intercepted,
                     std::vector<SourceOptions> sources) {
  sources_.use(std::move(sources));
  {
    std::lock_guard lock(direct_mutex_);
    direct_.options = options;
    direct_.is_intercepted = is_intercepted;
  }
  loop_.post([this, options, is_intercepted = std::move(is_intercepted)] {
    setup_.options = options;
    setup_.is_intercepted = is_intercepted;
  });
}

void FetchTable::ask_public(const std::string& url, Loop& loop, std::function<void(bool)> answer) {
  loop_.post([this, url, &loop, answer = std::move(answer)]() mutable {
    auto place = inquiries_.emplace(inquiries_.end());
    *place = probe_.ask(url, [this, place, &loop, answer = std::move(answer)](Publicity publicity) {
      loop.post([answer, is_public = publicity == Publicity::everybody] { answer(is_public); });
      inquiries_.erase(place);
    });
  });
}

const SourceTable& FetchTable::sources() {
  look_for_peers();
  return sources_;
}

void FetchTable::look_for_peers() {
  if (setup_.peers) sources_.use_peers(setup_.peers->sources());
}

RetrySchedule FetchTable::asking_schedule() const {
  // Each client asks, and what is too much for the hub already must not become a flood.
  constexpr size_t kMostRetries = 2;
  std::lock_guard lock(direct_mutex_);
  auto options = direct_.options;
  options.max_retries = std::min(options.max_retries, kMostRetries);
  return {options, direct_.patience};
}

std::unique_ptr<FetchMembership> FetchTable::join(JoinRequest request, Loop& loop, FetchListener& listener) {
  auto member = std::make_shared<FetchMember>(loop, listener);
  auto membership = std::make_unique<Membership>(*this, member, request.digest);
  loop_.post([this, member, request = std::move(request)]() mutable { admit(std::move(member), std::move(request)); });
  return membership;
}

void FetchTable::find(const Sha256& digest, Loop& loop,
                      std::function<void(std::shared_ptr<const FetchProgress>)> found) {
  loop_.post([this, digest, &loop, found = std::move(found)]() mutable {
    auto fetch = fetches_.find(digest);
    auto progress = fetch == fetches_.end() ? nullptr : fetch->second->progress();
    loop.post([found = std::move(found), progress = std::move(progress)] { found(progress); });
  });
}

void FetchTable::admit(std::shared_ptr<FetchMember> member, JoinRequest request) {
  auto found = fetches_.find(request.digest);
  if (found != fetches_.end() && found->second->size() != request.size)
    return refuse_size(member, request, found->second->size());
  if (found != fetches_.end() && found->second->is_ending()) {
    late_.emplace_back(std::move(member), std::move(request));
    return;
  }
  if (found == fetches_.end()) {
    // A fetch may have ended between the client's look into the store and now.
    if (answer_from_store(member, request)) return;
    auto digest = request.digest;
    FetchContext context{*this, loop_, pool_, store_, origin_, sources_, probe_, limits_, setup_, counters_};
    found = fetches_.emplace(digest, std::make_unique<Fetch>(context, digest, request.size)).first;
    found->second->open();
  }
  found->second->add(std::move(member), request);
}

// The same sha256 cannot have two sizes: one of them is a lie, and the digest of what comes will tell which.
void FetchTable::refuse_size(const std::shared_ptr<FetchMember>& member, const JoinRequest& request,
                             uint64_t other_size) {
  auto progress = std::make_shared<FetchProgress>(request.digest, request.size);
  progress->fail({502, "The hub says that this file has " + std::to_string(request.size) +
                           " bytes, but the one with its sha256 is being fetched with " + std::to_string(other_size) +
                           "."});
  FetchMember::tell(member, [progress](FetchListener& listener) { listener.on_joined(progress, false); });
}

bool FetchTable::answer_from_store(const std::shared_ptr<FetchMember>& member, const JoinRequest& request) {
  auto blob = store_.open_blob(request.digest);
  if (!blob || !*blob) return false;
  auto progress = std::make_shared<FetchProgress>(request.digest, (**blob)->size());
  progress->verify((**blob)->file());
  FetchMember::tell(member, [progress](FetchListener& listener) { listener.on_joined(progress, false); });
  return true;
}

void FetchTable::dismiss(const std::shared_ptr<FetchMember>& member, const Sha256& digest) {
  std::erase_if(late_, [&](const auto& late) { return late.first == member; });
  auto found = fetches_.find(digest);
  if (found != fetches_.end()) found->second->leave(member);
}

bool FetchTable::take_turn(Fetch& fetch) {
  bool free = active_.size() < setup_.options.max_fetches;
  (free ? active_ : waiting_).push_back(&fetch);
  return free;
}

void FetchTable::end_turn(Fetch& fetch) {
  std::erase(waiting_, &fetch);
  if (std::erase(active_, &fetch) == 0 || waiting_.empty()) return;
  auto* next = waiting_.front();
  waiting_.erase(waiting_.begin());
  active_.push_back(next);
  loop_.post([this, digest = next->digest()] {
    auto found = fetches_.find(digest);
    if (found != fetches_.end()) found->second->on_turn();
  });
}

DirectSetup FetchTable::direct_setup() const {
  std::lock_guard lock(direct_mutex_);
  return direct_;
}

bool FetchTable::may_start_over(const Fetch& fetch) {
  constexpr size_t kMost = 10'000;
  if (started_over_.size() >= kMost) started_over_.clear();
  return started_over_.insert(fetch.digest()).second;
}

void FetchTable::remove(Fetch& fetch) {
  if (store_.has(fetch.digest())) started_over_.erase(fetch.digest());
  auto found = fetches_.find(fetch.digest());
  loop_.destroy_later(std::move(found->second));
  fetches_.erase(found);
  // Those who came while it was ending begin anew, behind its end.
  loop_.post([this] {
    for (auto& [member, request] : std::exchange(late_, {})) admit(std::move(member), std::move(request));
  });
}

}  // namespace weir::upstream
