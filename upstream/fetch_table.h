// SPDX-License-Identifier: Apache-2.0
// The running fetches, one for each missing blob however many clients ask for it, on a loop and thread of their own
// with one pool of connections.  join() may be called from any thread that runs a Loop; everything else happens on the
// fetch loop.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "cas/blob_store.h"
#include "upstream/direct_fetch.h"
#include "upstream/fetch_context.h"
#include "upstream/fetch_join.h"
#include "upstream/origin_client.h"
#include "upstream/public_probe.h"
#include "upstream/rate_limits.h"
#include "upstream/source_table.h"

namespace weir::upstream {

// One client's part in a fetch.  Destroying it leaves; the listener is not called again.
class FetchMembership {
 public:
  virtual ~FetchMembership() = default;
};

struct FetchMember;

class FetchTable : private FetchOwner {
 public:
  // The store, the pool and the policy must outlive the table.
  FetchTable(FetchSetup setup, cas::BlobStore& store, DiskPool& pool, const AddressPolicy& policy);
  ~FetchTable();

  void start();
  // Ends the thread; running fetches stop and keep what they have.  Before the pool goes.
  void stop();

  // From any thread.  Running fetches go on, under the new options from their next decision on.
  void use(FetchOptions options, std::function<bool(std::string_view host)> is_intercepted,
           std::vector<SourceOptions> sources);

  std::unique_ptr<FetchMembership> join(JoinRequest request, Loop& loop, FetchListener& listener);
  // What a running fetch shows, told on `loop`; null when there is none.  Joins nothing and starts nothing.
  void find(const Sha256& digest, Loop& loop, std::function<void(std::shared_ptr<const FetchProgress>)> found);
  // Whether everybody may read the file that has this URL at the hub (PublicProbe), told on `loop`.
  void ask_public(const std::string& url, Loop& loop, std::function<void(bool)> answer);
  const FetchCounters& counters() const { return counters_; }
  // From any thread.
  const SourceTable& sources();
  // From any thread: for the requests that find out whether and where there is something to fetch, while a client
  // waits.
  RetrySchedule asking_schedule() const;
  // From any thread: for who goes past the store.
  DirectSetup direct_setup() const;

 private:
  class Membership;

  void admit(std::shared_ptr<FetchMember> member, JoinRequest request);
  void dismiss(const std::shared_ptr<FetchMember>& member, const Sha256& digest);
  void refuse_size(const std::shared_ptr<FetchMember>& member, const JoinRequest& request, uint64_t other_size);
  bool answer_from_store(const std::shared_ptr<FetchMember>& member, const JoinRequest& request);

  bool take_turn(Fetch& fetch) override;
  void end_turn(Fetch& fetch) override;
  bool may_start_over(const Fetch& fetch) override;
  void look_for_peers() override;
  void remove(Fetch& fetch) override;

  FetchSetup setup_;
  cas::BlobStore& store_;
  DiskPool& pool_;
  Loop loop_;
  OriginClient origin_;
  FetchCounters counters_;
  SourceTable sources_;
  PublicProbe probe_;
  std::list<std::unique_ptr<ProbeTicket>> inquiries_;  // of ask_public()
  RateLimits limits_;
  std::unordered_map<Sha256, std::unique_ptr<Fetch>, DigestHash> fetches_;
  std::unordered_set<Sha256, DigestHash> started_over_;
  std::vector<Fetch*> active_;                                              // those that may transfer
  std::vector<Fetch*> waiting_;                                             // for a turn, in order
  std::vector<std::pair<std::shared_ptr<FetchMember>, JoinRequest>> late_;  // for a fetch that is ending
  mutable std::mutex direct_mutex_;
  DirectSetup direct_;  // guarded by direct_mutex_
  std::thread thread_;
};

}  // namespace weir::upstream
