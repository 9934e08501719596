// SPDX-License-Identifier: Apache-2.0
// What all fetches share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "cas/blob_store.h"
#include "upstream/options.h"
#include "upstream/origin_client.h"
#include "upstream/peers.h"
#include "upstream/public_probe.h"
#include "upstream/rate_limits.h"
#include "upstream/source_table.h"

namespace weir::upstream {

class Fetch;

// Read by the admin surface; written by the fetch loop.
struct FetchCounters {
  std::atomic<uint64_t> running = 0;
  std::atomic<uint64_t> started = 0;
  std::atomic<uint64_t> completed = 0;
  std::atomic<uint64_t> failed = 0;
  std::atomic<uint64_t> wrong_bytes = 0;  // fetches whose digest or length was wrong
  std::atomic<uint64_t> urls_refreshed = 0;
  std::atomic<uint64_t> retries = 0;       // after a trouble at a source
  std::atomic<uint64_t> origin_bytes = 0;  // of bodies
  // Between the last byte and the publication, summed over the fetches completed.
  std::atomic<uint64_t> publishing_microseconds = 0;
};

struct FetchSetup {
  FetchOptions options;
  OriginOptions origin;
  std::string trusted_roots;
  std::string pseudonym;  // Weir's name in Via
  std::function<bool(std::string_view host)> is_intercepted;
  std::vector<SourceOptions> sources = {origin_source()};  // what the table begins with
  std::shared_ptr<Peers> peers = nullptr;                  // null: there are none
};

// What a fetch needs of its table.
class FetchOwner {
 public:
  virtual ~FetchOwner() = default;
  // True: transfer now.  False: Fetch::on_turn() follows.
  virtual bool take_turn(Fetch& fetch) = 0;
  virtual void end_turn(Fetch& fetch) = 0;
  // True once for each digest, until the fetch of it has succeeded.
  virtual bool may_start_over(const Fetch& fetch) = 0;
  // The table of sources is to have those that are paired now.
  virtual void look_for_peers() = 0;
  // The fetch has ended and is to be destroyed, later.
  virtual void remove(Fetch& fetch) = 0;
};

struct FetchContext {
  FetchOwner& owner;
  Loop& loop;
  DiskPool& pool;
  cas::BlobStore& store;
  OriginClient& origin;
  const SourceTable& sources;
  PublicProbe& probe;
  RateLimits& limits;
  const FetchSetup& setup;
  FetchCounters& counters;
};

}  // namespace weir::upstream
