// SPDX-License-Identifier: Apache-2.0
#include "proxy/store_upkeep.h"

#include <utility>

#include "base/log.h"
#include "cas/gc_schedule.h"

namespace weir::proxy {
namespace {

constexpr Duration kLookInterval{10'000};

void collect(cas::BlobStore& store) {
  auto collected = store.space().collect(cas::Collect::for_real);
  if (!collected) return log::warning("the scheduled collection failed: {}", collected.error().message);
  log::info("the scheduled collection removed {} files, {} bytes", collected->partials.size() + collected->blobs.size(),
            collected->bytes);
}

}  // namespace

StoreUpkeep::StoreUpkeep(Loop& loop, DiskPool& pool, cas::BlobStore& store, std::vector<cas::TimeOfDay> times)
    : pool_(pool), store_(store), times_(std::move(times)), last_(wall_now()), timer_(loop, [this] { look(); }) {
  if (!times_.empty()) timer_.start(kLookInterval);
}

void StoreUpkeep::look() {
  auto now = wall_now();
  if (cas::is_due(times_, last_, now)) pool_.submit([&store = store_] { collect(store); });
  last_ = now;
  timer_.start(kLookInterval);
}

}  // namespace weir::proxy
