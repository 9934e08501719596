// SPDX-License-Identifier: Apache-2.0
#include "proxy/blob_sender.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/log.h"

namespace weir::proxy {
namespace {

// Kept until it is written: reading it again for each 16 KiB record would cost more than twice the CPU.  A client that
// does not read costs this and its connection, 256 KiB in all at most.
constexpr size_t kBlockSize = 128 << 10;
// After so many blocks in a row the other connections of the loop get their turn.
constexpr int kBlocksPerTurn = 32;

// Reads from the page cache only.  -1 with EAGAIN: the disk would have to be waited for.
ssize_t read_cached(int fd, char* buffer, size_t count, uint64_t offset) {
  iovec part{buffer, count};
  ssize_t got = ::preadv2(fd, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  // Some file systems cannot tell.
  if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) errno = EAGAIN;
  return got;
}

}  // namespace

BlobSender::BlobSender(WorkerContext& context, Responder& responder, std::shared_ptr<const cas::BlobFile> file,
                       ByteRange range, HoldBack hold_back, uint64_t fresh_from, std::function<void()> on_sent)
    : context_(context),
      responder_(responder),
      file_(std::move(file)),
      range_(range),
      hold_back_(hold_back),
      fresh_from_(fresh_from),
      on_sent_(on_sent ? std::move(on_sent) : [&responder] { responder.finish(); }),
      position_(range.begin),
      drip_(context.loop, [this] {
        hold_back_.drip();
        pump();
      }) {}

void BlobSender::set_progress(uint64_t readable, bool verified) {
  readable_ = readable;
  verified_ = verified;
}

void BlobSender::pump() {
  if (dry_) return;
  for (int blocks = 0; blocks < kBlocksPerTurn; ++blocks) {
    if (block_sent_ == block_.size() && !fill()) return;
    if (!send_block()) return;
    if (position_ == range_.end) return end();
  }
  if (std::exchange(pump_posted_, true)) return;
  context_.loop.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    pump_posted_ = false;
    pump();
  });
}

// Reads the next block.  False: there is nothing to send now.
bool BlobSender::fill() {
  if (reading_) return false;
  if (position_ == range_.end) {
    end();
    return false;
  }
  auto limit = hold_back_.limit(readable_, verified_);
  if (position_ >= limit) {
    if (verified_) {
      fail(0);
    } else if (progress_ended_) {
      run_dry();
    } else {
      update_drip();
    }
    return false;
  }
  drip_.stop();
  auto count = static_cast<size_t>(std::min<uint64_t>(kBlockSize, limit - position_));
  block_.resize(count);
  block_sent_ = 0;
  ssize_t got = read_cached(file_->fd(), block_.data(), count, position_);
  if (got > 0) {
    block_.resize(static_cast<size_t>(got));
    return true;
  }
  block_.clear();
  if (got < 0 && errno == EAGAIN) {
    read_by_pool(count);
    return false;
  }
  fail(got < 0 ? errno : 0);
  return false;
}

void BlobSender::read_by_pool(size_t count) {
  reading_ = true;
  auto bytes = std::make_shared<std::vector<char>>(count);
  read_task_ = context_.services.disk.submit<ssize_t>(
      context_.loop,
      [file = file_, bytes, offset = position_] {
        ssize_t got = ::pread(file->fd(), bytes->data(), bytes->size(), static_cast<off_t>(offset));
        return got < 0 ? -errno : got;
      },
      [this, bytes](ssize_t got) {
        reading_ = false;
        if (got <= 0) return fail(static_cast<int>(-got));
        bytes->resize(static_cast<size_t>(got));
        block_ = std::move(*bytes);
        block_sent_ = 0;
        pump();
      });
}

void BlobSender::end() {
  if (auto on_sent = std::exchange(on_sent_, nullptr)) on_sent();
}

void BlobSender::fail(int error_number) {
  log::error("reading blob {}: {}", file_->digest().hex(),
             error_number ? errno_error("pread", error_number).message : "the file is shorter than it was");
  run_dry();
}

void BlobSender::run_dry() {
  dry_ = true;
  drip_.stop();
  if (!on_dry_) return responder_.abort();
  std::exchange(on_dry_, nullptr)();
}

// True when the whole block was sent.
bool BlobSender::send_block() {
  auto rest = std::string_view(block_.data(), block_.size()).substr(block_sent_);
  auto put = responder_.send_now(rest);
  block_sent_ += put;
  count(put);
  if (put < rest.size()) return false;
  block_.clear();
  block_sent_ = 0;
  return true;
}

void BlobSender::count(uint64_t bytes) {
  auto held = std::min(bytes, fresh_from_ - std::min(fresh_from_, position_));
  auto& record = responder_.record();
  record.from_store += held;
  record.from_origin += bytes - held;
  position_ += bytes;
}

void BlobSender::update_drip() {
  if (!hold_back_.holds(readable_, verified_)) return drip_.stop();
  if (!drip_.running()) drip_.start(kDripInterval);
}

}  // namespace weir::proxy
