// SPDX-License-Identifier: Apache-2.0
// Finds out whether everybody may read a file on the hub, by asking for it without credentials.  Being public is a
// matter of the repository, so one answer holds for all files of it at that revision, but for one: that everybody may
// read a file which is no LFS file says nothing of the others, for gated repositories have a README that anybody may
// read.  Those who ask for the same file share one question.  Lives on the loop of its OriginClient.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/loop.h"
#include "hub/bounded_map.h"
#include "upstream/origin_client.h"

namespace weir::upstream {

enum class Publicity {
  everybody,  // the hub gives the file to those without credentials
  some,       // it does not
  unknown,    // the hub could not be asked: to be treated as `some`
};

struct ProbeOptions {
  Duration keep{600'000};         // what the hub said
  Duration keep_unknown{10'000};  // that it could not be asked
  size_t kept = 10'000;           // answers
};

// One who waits.  Destroying it lets go: its callback is not called any more.
class ProbeTicket {
 public:
  using Done = std::function<void(Publicity)>;

  explicit ProbeTicket(std::shared_ptr<Done> done) : done_(std::move(done)) {}
  ~ProbeTicket() { *done_ = nullptr; }
  ProbeTicket(const ProbeTicket&) = delete;
  ProbeTicket& operator=(const ProbeTicket&) = delete;

 private:
  std::shared_ptr<Done> done_;
};

class PublicProbe {
 public:
  // `pseudonym`: Weir's name in Via.  The loop and the origin must outlive the probe.
  PublicProbe(Loop& loop, OriginClient& origin, std::string pseudonym, ProbeOptions options = {});
  ~PublicProbe();

  // `url`: of a file's /resolve at the hub, absolute; what is no such URL is not public.  Calls `done` once, never from
  // within ask().  `done` may destroy the ticket.
  std::unique_ptr<ProbeTicket> ask(const std::string& url, ProbeTicket::Done done);
  // What is known without asking.
  std::optional<Publicity> known(const std::string& url, MonotonicTime now) const;

 private:
  class Question;
  struct Answer {
    Publicity publicity = Publicity::unknown;
    MonotonicTime until;
  };

  std::optional<Publicity> remembered(const std::string& key, MonotonicTime now) const;
  void on_answer(Question& question, Publicity publicity);

  Loop& loop_;
  OriginClient& origin_;
  const std::string pseudonym_;
  const ProbeOptions options_;
  hub::BoundedMap<std::string, Answer, std::hash<std::string>> answers_;
  std::unordered_map<std::string, std::unique_ptr<Question>> questions_;  // under way
};

}  // namespace weir::upstream
