// SPDX-License-Identifier: Apache-2.0
#include "proxy/small_file_deposit.h"

#include <utility>

#include "base/log.h"

namespace weir::proxy {

SmallFileDeposit::SmallFileDeposit(Services& services, hub::NamedRegularFile named, hub::RepoFile file,
                                   std::unique_ptr<QuestionQueue::Turn> turn)
    : services_(services), named_(std::move(named)), file_(std::move(file)), turn_(std::move(turn)) {
  if (!services.store.health().writable()) end();
}

void SmallFileDeposit::add(std::string_view bytes) {
  std::lock_guard lock(mutex_);
  if (ended_) return;
  queued_.append(bytes);
  if (queued_.size() > kMaxQueued) {
    end();
    log::info("{} is not stored: the disk is slower than the hub", named_.name.path);
    return;
  }
  work_later();
}

void SmallFileDeposit::finish() {
  std::lock_guard lock(mutex_);
  finished_ = true;
  work_later();
}

// With mutex_ held.
void SmallFileDeposit::work_later() {
  if (std::exchange(working_, true)) return;
  services_.disk.submit([self = shared_from_this()] { self->work(); });
}

void SmallFileDeposit::work() {
  for (;;) {
    std::string bytes;
    bool publishes = false;
    {
      std::lock_guard lock(mutex_);
      bytes.swap(queued_);
      publishes = finished_ && bytes.empty();
      if (ended_ || (bytes.empty() && !publishes)) {
        working_ = false;
        return;
      }
    }
    auto done = publishes ? publish() : write(bytes);
    if (done && !publishes) continue;
    if (!done) tell(done.error());
    std::lock_guard lock(mutex_);
    end();
    working_ = false;
    return;
  }
}

// With mutex_ held.
void SmallFileDeposit::end() {
  ended_ = true;
  queued_ = {};
  turn_.reset();
}

void SmallFileDeposit::tell(const Error& error) const {
  bool passes = error.code == ErrorCode::over_limit || cas::trouble_in(error);
  if (passes) log::info("{} goes past the store: {}", named_.name.path, error.message);
  if (!passes) log::error("storing {}: {}", named_.name.path, error.message);
  services_.store.health().doubt(error, wall_now());
}

Result<void> SmallFileDeposit::write(std::string_view bytes) {
  if (!blob_) {
    TRY_ASSIGN(blob_, services_.store.create_unnamed(named_.file.size));
  }
  return blob_->append(bytes);
}

Result<void> SmallFileDeposit::publish() {
  TRY(write(""));
  TRY_ASSIGN(auto blob, blob_->commit());
  named_.file.digest = blob->digest();
  // The revision in such a path is a commit.
  services_.catalog.learn(hub::NamedFile{file_, file_.revision, {named_.file.digest, named_.file.size}});
  services_.catalog.learn(std::move(named_));
  return {};
}

}  // namespace weir::proxy
