// SPDX-License-Identifier: Apache-2.0
#include "cas/scrub.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/log.h"
#include "cas/layout.h"

namespace weir::cas {
namespace {

constexpr Duration kSaveInterval{60'000};
constexpr Duration kLongestWait{60 * 60 * 1000};
constexpr size_t kStateLimit = 4096;
constexpr mode_t kStateMode = 0600;

// ioprio_set(2) has no header: IOPRIO_WHO_PROCESS, and IOPRIO_CLASS_IDLE in the class's bits.
constexpr int kIoWhoProcess = 1;
constexpr int kIoClassIdle = 3 << 13;

// Of the calling thread.  Where it is not permitted the rate alone keeps it modest.
void take_lowest_priority() {
  (void)::setpriority(PRIO_PROCESS, 0, 19);
  (void)::syscall(SYS_ioprio_set, kIoWhoProcess, 0, kIoClassIdle);
}

// The digests behind `after`, ascending.
std::vector<Sha256> digests_behind(const BlobStore& store, const std::optional<Sha256>& after) {
  std::vector<Sha256> digests;
  for (auto& blob : store.list())
    if (!after || *after < blob.digest) digests.push_back(blob.digest);
  std::sort(digests.begin(), digests.end());
  return digests;
}

}  // namespace

Scrub::Scrub(BlobStore& store, const Options& options)
    : store_(store),
      every_(options.scrub_every),
      path_(Layout(options.root).scrub()),
      bucket_(std::max<uint64_t>(options.scrub, 1), monotonic_now()) {
  if (options.scrub > 0) thread_ = std::thread([this] { run(); });
}

Scrub::~Scrub() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Scrub::run() {
  take_lowest_priority();
  state_ = load();
  save();
  // The wait ends now and then, for the wall clock may be set.
  for (;;) {
    auto left = until_next_blob(state_, every_, wall_now());
    if (left == Duration(0)) run_round();
    if (!wait(std::min(left, kLongestWait))) return save();
  }
}

void Scrub::run_round() {
  if (!state_.after) state_.begun = wall_now();
  auto digests = digests_behind(store_, state_.after);
  for (auto& digest : digests) {
    verify(digest);
    if (!wait(Duration(0))) return;
    state_.after = digest;
    if (monotonic_now() - saved_at_ >= kSaveInterval) save();
  }
  state_.after.reset();
  log::info("the scrub has been through the store, which holds {} blobs", store_.list().size());
  save();
}

void Scrub::verify(const Sha256& digest) {
  auto verdict = store_.verify(digest, [this](size_t bytes) { return wait(bucket_.take(bytes, monotonic_now())); });
  if (verdict && *verdict == Verdict::wrong)
    log::error("the scrub found that the bytes of {} have changed on the disk; they are in quarantine", digest.hex());
  if (!verdict && verdict.error().code != ErrorCode::cancelled)
    log::error("the scrub cannot verify {}: {}", digest.hex(), verdict.error().message);
}

bool Scrub::wait(Duration duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, duration, [this] { return stopping_; });
}

// A store that was never scrubbed was verified as it was filled: its first round is due as if one had begun now.
ScrubState Scrub::load() const {
  auto text = read_regular_file(path_, Links::refuse, kStateLimit);
  auto state = text && *text ? parse_scrub_state(**text) : std::nullopt;
  return state ? *state : ScrubState{wall_now(), std::nullopt};
}

void Scrub::save() {
  saved_at_ = monotonic_now();
  auto saved = write_file_atomically(path_, format_scrub_state(state_), kStateMode);
  // A trouble of the disk is logged once.
  if (!saved && store_.health().writable())
    log::warning("the scrub's place is not remembered: {}", saved.error().message);
}

}  // namespace weir::cas
