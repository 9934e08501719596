// SPDX-License-Identifier: Apache-2.0
#include "proxy/authenticator.h"

#include <algorithm>
#include <utility>

#include "base/random.h"

namespace weir::proxy {
namespace {

constexpr size_t kMarkKeySize = 32;
constexpr std::string_view kField = "Proxy-Authorization";

http::Refusal ask_for_password() {
  return {407,
          "This Weir asks for a name and a password: put them into the proxy's URL, as in "
          "HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT."};
}

http::Refusal wrong_password() {
  return {407, "The name or the password for this Weir is wrong; who runs it gives them out with weir user add."};
}

http::Refusal too_many_checks() {
  return {503, "Too many passwords wait to be checked; try again, or raise [limits] password_checks."};
}

}  // namespace

Authenticator::Authenticator(std::vector<User> users, size_t most_waiting, DiskPool& pool)
    : users_(std::move(users)), most_waiting_(most_waiting), mark_key_(random_bytes(kMarkKeySize)), pool_(pool) {}

void Authenticator::admit(const http::Fields& fields, Loop& loop, PasswordCheck& check, Done done) {
  auto given = fields.count(kField) == 1 ? http::parse_basic(fields.get(kField)) : std::nullopt;
  if (!given) return done({"", ask_for_password()});
  auto mark = mark_of(*given);
  {
    std::lock_guard lock(mutex_);
    if (remembers(given->name, mark)) return done({given->name, std::nullopt});
  }
  check.cancel();
  check.alive_ = std::make_shared<bool>(true);
  if (!enqueue(std::move(*given), mark, {&loop, check.alive_, done})) done({"", too_many_checks()});
}

// A name holds no colon, so name and password cannot run into each other.
Sha256 Authenticator::mark_of(const http::BasicCredentials& credentials) const {
  Secret pair(credentials.name + ":" + credentials.password.reveal());
  return hmac_sha256(mark_key_, pair.reveal());
}

bool Authenticator::remembers(const std::string& name, const Sha256& mark) const {
  auto found = remembered_.find(name);
  return found != remembered_.end() && found->second == mark;
}

bool Authenticator::enqueue(http::BasicCredentials credentials, const Sha256& mark, Waiter waiter) {
  std::lock_guard lock(mutex_);
  auto same = std::find_if(questions_.begin(), questions_.end(), [&](const auto& each) { return each.mark == mark; });
  if (same != questions_.end()) {
    same->waiters.push_back(std::move(waiter));
    return true;
  }
  if (questions_.size() > most_waiting_) return false;
  questions_.push_back({std::move(credentials), mark, {}});
  questions_.back().waiters.push_back(std::move(waiter));
  if (questions_.size() == 1) submit_next();
  return true;
}

// Behind what else the pool has to do: whoever sends passwords takes one of its threads at most, and between two checks
// none.
void Authenticator::submit_next() {
  pool_.submit([self = shared_from_this()] { self->answer_next(); });
}

void Authenticator::answer_next() {
  http::BasicCredentials asked;
  Sha256 mark;
  {
    std::lock_guard lock(mutex_);
    asked = questions_.front().credentials;
    mark = questions_.front().mark;
  }
  bool right = is_right(asked);
  std::vector<Waiter> waiters;
  {
    std::lock_guard lock(mutex_);
    if (right) remembered_[asked.name] = mark;
    waiters = std::move(questions_.front().waiters);
    questions_.pop_front();
    if (!questions_.empty()) submit_next();
  }
  auto admission = right ? Admission{asked.name, std::nullopt} : Admission{"", wrong_password()};
  for (auto& waiter : waiters)
    waiter.loop->post([alive = std::move(waiter.alive), done = std::move(waiter.done), admission] {
      if (*alive) done(admission);
    });
}

// A name without a user is checked as well, against somebody's hash, so that it takes as long as a wrong password.
bool Authenticator::is_right(const http::BasicCredentials& credentials) const {
  if (users_.empty()) return false;
  auto user =
      std::find_if(users_.begin(), users_.end(), [&](const User& each) { return each.name == credentials.name; });
  bool known = user != users_.end();
  return (known ? *user : users_.front()).hash.matches(credentials.password) && known;
}

}  // namespace weir::proxy
