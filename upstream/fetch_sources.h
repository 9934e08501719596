// SPDX-License-Identifier: Apache-2.0
// The sources of one fetch: the origin, and of the others those that can name the blob and may know of it.  A source
// learns digests of files that everybody may read and no others, unless it is to share what is private.  Lives on the
// fetch loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/digest.h"
#include "cas/trust.h"
#include "upstream/fetch_context.h"
#include "upstream/fetch_join.h"
#include "upstream/fetch_lane.h"
#include "upstream/fetch_peers.h"
#include "upstream/public_probe.h"
#include "upstream/source_plan.h"
#include "upstream/source_table.h"
#include "upstream/source_url.h"

namespace weir::upstream {

class FetchSources {
 public:
  static constexpr SourceId kOrigin = 0;

  // The context must outlive it.  `on_change`: admit() is to be called.
  FetchSources(const FetchContext& context, const Sha256& digest, uint64_t size, std::function<void()> on_change);

  // What a client's request tells of the blob's names.
  void offer(const JoinRequest& request);
  // Adds those to the plan that can be asked now, and leaves out those that were switched off.
  void admit(SourcePlan& plan, MonotonicTime now);
  // It is not known yet whether more of them may be asked.
  bool is_asking() const { return ticket_ != nullptr || peers_.is_asking(); }
  // No answer is waited for.
  void cancel();

  size_t count() const { return sources_.size(); }
  const std::shared_ptr<Source>& shared(SourceId id) const { return sources_[id].source; }
  Source& at(SourceId id) { return *sources_[id].source; }
  std::shared_ptr<const SourceOptions> options(SourceId id) const { return sources_[id].source->options(); }
  cas::Trust trust(SourceId id) const { return sources_[id].trust; }
  // Of another source than the origin: where its lane begins and with what.
  void address(SourceId id, LaneRequest& request) const;

 private:
  struct Admitted {
    std::shared_ptr<Source> source;
    cas::Trust trust = cas::Trust::untrusted;
    std::optional<http::Url> url = std::nullopt;    // nothing: the origin
    hub::SharedGrant grant = nullptr;               // of the request that the URL\'s names are from
    std::shared_ptr<const PeerTls> peer = nullptr;  // null: it is none
    std::vector<ByteRange> runs{};                  // that a peer has
  };

  void look_for_peers(MonotonicTime now);
  bool is_admitted(const Source& source) const;
  void review(SourceId id, SourcePlan& plan, MonotonicTime now);
  std::optional<Admitted> look_at(const std::shared_ptr<Source>& source, MonotonicTime now);
  bool find_peer(Admitted& peer, MonotonicTime now);
  void look_again(SourceId peer, SourcePlan& plan, MonotonicTime now);
  bool is_public(MonotonicTime now);

  const FetchContext& context_;
  const Sha256 digest_;
  std::function<void()> on_change_;
  std::vector<Admitted> sources_;
  BlobNames names_;
  hub::SharedGrant grant_;              // that names_ come from
  std::optional<Publicity> publicity_;  // of names_
  std::unique_ptr<ProbeTicket> ticket_;
  FetchPeers peers_;
  MonotonicTime peers_known_at_{};
};

}  // namespace weir::upstream
