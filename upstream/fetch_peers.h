// SPDX-License-Identifier: Apache-2.0
// What other Weirs hold of one fetch's blob: each is asked when the fetch comes to it, and again later, for it may be
// getting the blob itself.  Lives on the fetch loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/byte_range.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/loop.h"
#include "http/target.h"
#include "upstream/fetch_context.h"
#include "upstream/origin_client.h"
#include "upstream/source_table.h"

namespace weir::upstream {

class FetchPeers {
 public:
  // The context must outlive it.  `on_change`: a peer has answered, or is to be asked again.
  FetchPeers(const FetchContext& context, const Sha256& digest, uint64_t size, std::function<void()> on_change);
  ~FetchPeers();

  // It was not asked yet, or long enough ago.
  bool is_due(const Source& peer, MonotonicTime now) const;
  // `place`: of the blob there.
  void ask(const std::shared_ptr<Source>& peer, const http::Url& place, std::shared_ptr<const PeerTls> tls,
           MonotonicTime now);
  // Which whole blocks it said that it has; none before it has answered.
  const std::vector<ByteRange>& runs(const Source& peer) const;
  // One has not answered yet, or had more than the time before and is to be asked again.
  bool is_asking() const;
  // No answer is waited for.
  void cancel();

 private:
  class Question;
  // One that was asked.
  struct Asked {
    std::shared_ptr<Source> peer;
    std::vector<ByteRange> runs;
    bool has_answered = false;
    bool grows = false;                  // it had more the last time
    Duration pause{0};                   // before it is asked again
    std::optional<MonotonicTime> again;  // nothing: it has all
    std::unique_ptr<Question> question;
  };

  Asked& asked(const std::shared_ptr<Source>& peer, MonotonicTime now);
  void on_answer(Asked& asked, std::vector<ByteRange> runs);
  void on_due();
  void wait(MonotonicTime now);

  const FetchContext& context_;
  const Sha256 digest_;
  const uint64_t size_;
  std::function<void()> on_change_;
  std::vector<std::unique_ptr<Asked>> asked_;
  Timer again_;
};

}  // namespace weir::upstream
