// SPDX-License-Identifier: Apache-2.0
// The origin as the source of one fetch: the signed URL that its transfers use, the entity tag of what it serves, and
// the grants of the clients, with which a fresh URL is asked for when one has expired.  Lives on the fetch loop.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/digest.h"
#include "http/conditional.h"
#include "http/target.h"
#include "hub/grant.h"
#include "upstream/fetch_context.h"
#include "upstream/retry_schedule.h"
#include "upstream/source_standing.h"
#include "upstream/url_refresher.h"

namespace weir::upstream {

class FetchOrigin {
 public:
  // How it went to get a fresh URL.
  struct Ready {};
  struct Wait {  // the hub could not be asked; the old URL is to be tried once more, after a while
    Duration delay;
  };
  using Renewed = std::variant<Ready, Wait, LaneFailure>;

  explicit FetchOrigin(const FetchContext& context);

  // What a client brings.  The latest URL is the one that lives longest; one that is in use stays until it fails.
  enum class Use { at_once, when_needed };
  void offer(const http::Url& url, hub::SharedGrant grant, Use use);

  const http::Url& url() const { return url_; }
  const std::optional<http::EntityTag>& tag() const { return tag_; }
  // An answer to that URL bears it.  True when it is news.
  bool on_tag(const http::Url& url, http::EntityTag tag);
  void forget_tag() { tag_.reset(); }

  // The tag and what it is the tag of, as a text to keep beside the bytes.
  std::string version() const;
  // What was kept in a former run.  It counts where the URL leads to the same object.
  void recall(std::string_view version);

  // The first request goes out.
  void begin(MonotonicTime now) { schedule_.begin(now); }
  // It gave bytes.
  void progress() { schedule_.progress(); }
  // Its URL is not accepted any more.  Calls `done` once, now or later.
  void renew(const Sha256& digest, uint64_t size, std::function<void(Renewed)> done);
  bool is_renewing() const { return renewing_; }
  // `done` is not called any more.
  void cancel();

 private:
  void set_url(http::Url url);
  Renewed judge(UrlRefresher::Answer answer);

  FetchCounters& counters_;
  http::Url url_;
  std::optional<http::Url> fresher_url_;  // of a client that joined later
  std::optional<http::EntityTag> tag_;    // of what is there
  GrantList grants_;
  UrlRefresher refresher_;
  RetrySchedule schedule_;
  bool renewing_ = false;
};

}  // namespace weir::upstream
