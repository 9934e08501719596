// SPDX-License-Identifier: Apache-2.0
// Who may use the proxy, by name and password.  Checking a password is slow on purpose, so it happens on the disk pool,
// one at a time whatever clients send, and what was right is remembered as a keyed hash.  Any thread; answers come on
// the loop of the one who asked.  It never changes its users: a changed file gets a new one.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/digest.h"
#include "base/disk_pool.h"
#include "base/loop.h"
#include "http/basic_auth.h"
#include "http/fields.h"
#include "http/refusal.h"
#include "proxy/user_file.h"

namespace weir::proxy {

// What came of a request's credentials.
struct Admission {
  std::string user;                      // for whom it is
  std::optional<http::Refusal> refusal;  // 407, or 503 when too many passwords wait

  bool operator==(const Admission&) const = default;
};

// One question to an Authenticator.  Destroying it forgets the answer.
class PasswordCheck {
 public:
  PasswordCheck() = default;
  ~PasswordCheck() { cancel(); }
  PasswordCheck(const PasswordCheck&) = delete;
  PasswordCheck& operator=(const PasswordCheck&) = delete;
  void cancel() {
    if (alive_) *alive_ = false;
    alive_.reset();
  }

 private:
  friend class Authenticator;
  std::shared_ptr<bool> alive_;  // read and written on the asking loop only
};

class Authenticator : public std::enable_shared_from_this<Authenticator> {
 public:
  using Done = std::function<void(Admission)>;

  // `most_waiting`: different passwords whose check has not begun.  The pool must outlive this.
  Authenticator(std::vector<User> users, size_t most_waiting, DiskPool& pool);

  // Judges the Proxy-Authorization in `fields` and calls `done` once, on `loop`, now or later; not after `check` is
  // gone.
  void admit(const http::Fields& fields, Loop& loop, PasswordCheck& check, Done done);

  const std::vector<User>& users() const { return users_; }
  size_t most_waiting() const { return most_waiting_; }

 private:
  struct Waiter {
    Loop* loop;
    std::shared_ptr<bool> alive;
    Done done;
  };
  // All who wait for the same name and password.
  struct Question {
    http::BasicCredentials credentials;
    Sha256 mark;
    std::vector<Waiter> waiters;
  };

  Sha256 mark_of(const http::BasicCredentials& credentials) const;
  bool remembers(const std::string& name, const Sha256& mark) const;  // mutex_ is held
  bool enqueue(http::BasicCredentials credentials, const Sha256& mark, Waiter waiter);
  void submit_next();
  void answer_next();
  bool is_right(const http::BasicCredentials& credentials) const;

  const std::vector<User> users_;
  const size_t most_waiting_;
  const std::string mark_key_;
  DiskPool& pool_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Sha256> remembered_;  // guarded by mutex_; by name, for no name but the users'
  std::deque<Question> questions_;                      // guarded by mutex_; the first is being answered
};

}  // namespace weir::proxy
