// SPDX-License-Identifier: Apache-2.0
// Asks the hub for a fresh URL of a blob, with the credentials of one client after another that the hub permitted it
// to.  Lives on the fetch loop.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/digest.h"
#include "http/target.h"
#include "hub/grant.h"
#include "upstream/origin_client.h"

namespace weir::upstream {

// The grants of the clients that joined a fetch, each once; the oldest goes above the bound.
class GrantList {
 public:
  static constexpr size_t kMost = 256;

  void add(hub::SharedGrant grant);
  void remove(const hub::SharedGrant& grant);
  hub::SharedGrant latest() const { return grants_.empty() ? nullptr : grants_.back(); }
  bool empty() const { return grants_.empty(); }

 private:
  std::deque<hub::SharedGrant> grants_;
};

class UrlRefresher : private OriginObserver {
 public:
  struct Refused {};  // no grant is accepted any more
  struct Trouble {    // the hub could not be asked
    std::string message;
    std::optional<Duration> retry_after = std::nullopt;
  };
  using Answer = std::variant<http::Url, Refused, Trouble>;

  UrlRefresher(OriginClient& origin, std::string pseudonym, std::function<bool(std::string_view)> is_intercepted);

  // Calls `done` once, later; `done` may start the next one.  Grants that the hub does not accept any more are removed
  // from `grants`, which must live until then.
  void start(GrantList& grants, const Sha256& digest, uint64_t size, std::function<void(Answer)> done);
  void cancel();

 private:
  void ask_next();
  void end(Answer answer);
  void judge_answer();

  void on_head(http::ResponseHead head) override;
  bool ready_for_data() override { return true; }
  void on_data(std::string_view bytes) override;
  void on_done(std::optional<OriginFault> fault) override;
  size_t read_body(std::span<char> buffer, bool& at_end) override;

  OriginClient& origin_;
  std::string pseudonym_;
  std::function<bool(std::string_view)> is_intercepted_;
  GrantList* grants_ = nullptr;
  Sha256 digest_;
  uint64_t size_ = 0;
  std::function<void(Answer)> done_;

  hub::SharedGrant asked_;
  std::optional<http::Url> asked_url_;
  std::unique_ptr<OriginTransfer> transfer_;
  http::ResponseHead head_;
  std::string request_body_;
  size_t request_sent_ = 0;
  std::string body_;
};

}  // namespace weir::upstream
