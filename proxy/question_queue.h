// SPDX-License-Identifier: Apache-2.0
// Lets one request put a question to the hub whose answer others need as well, while those wait for it: eight workers
// of one client that need the same permission cost one request.  Thread-safe; each waiter is called on its own loop.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/loop.h"

namespace weir::proxy {

class QuestionQueue {
 public:
  // Held by the one who asks, and by those who wait.  When the asker's goes, all who wait are called, whether there was
  // an answer or not; each looks again, and the first becomes the next asker if it must.  Destroying a waiter's forgets
  // it.
  class Turn {
   public:
    virtual ~Turn() = default;
    // Whether the holder is the one who asks.
    virtual bool asks() const = 0;
  };

  // `called` runs on `loop`, later, if somebody else asks `question` at present.  The queue must outlive the turn.
  std::unique_ptr<Turn> take(const std::string& question, Loop& loop, std::function<void()> called);

 private:
  class Asking;
  class Waiting;
  struct Waiter {
    Loop& loop;
    std::function<void()> called;  // read and cleared on the loop only
  };

  void end(const std::string& question);

  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::shared_ptr<Waiter>>> open_;  // guarded by mutex_
};

}  // namespace weir::proxy
