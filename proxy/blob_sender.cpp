// SPDX-License-Identifier: Apache-2.0
#include "proxy/blob_sender.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/log.h"

namespace weir::proxy {
namespace {

// Kept until it is written: reading it again for each 16 KiB record would cost more than twice the CPU.  A client that
// does not read costs this, as much in records, and its connection, 256 KiB in all at most.
constexpr size_t kBlockSize = 96 << 10;
// Of a file, without a copy.  A smaller piece is cheaper as a block, which goes out together with the head.
constexpr size_t kFilePiece = 512 << 10;
constexpr size_t kSmallPiece = 64 << 10;
// After so many bytes in a row the other connections of the loop get their turn.
constexpr uint64_t kBytesPerTurn = 4 << 20;

// Reads from the page cache only.  -1 with EAGAIN: the disk would have to be waited for.
ssize_t read_cached(int fd, char* buffer, size_t count, uint64_t offset) {
  iovec part{buffer, count};
  ssize_t got = ::preadv2(fd, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  // Some file systems cannot tell.
  if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) errno = EAGAIN;
  return got;
}

// Whether the page cache has all of a range, so that sendfile(2) need not wait for the disk.  cachestat(2) is there
// from Linux 6.5 on, and the C library may not know it yet; without it the answer is no.
bool is_cached(int fd, uint64_t offset, uint64_t count) {
  constexpr long kCachestat = 451;  // on all architectures but alpha
  struct Range {
    uint64_t offset, size;
  } range{offset, count};
  struct Stat {
    uint64_t cached, dirty, writeback, evicted, recently_evicted;
  } stat{};
  static const auto kPage = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  if (::syscall(kCachestat, fd, &range, &stat, 0) != 0) return false;
  return stat.cached == (offset + count - 1) / kPage - offset / kPage + 1;
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
  auto turn_end = position_ + kBytesPerTurn;
  while (position_ < turn_end) {
    if (!send_some()) return;
    if (position_ == range_.end) return end();
  }
  if (std::exchange(pump_posted_, true)) return;
  context_.loop.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    pump_posted_ = false;
    pump();
  });
}

// False: no more can be sent now.
bool BlobSender::send_some() {
  if (!block_.empty()) return send_block();
  auto count = sendable();
  if (count == 0) return false;
  auto piece = static_cast<size_t>(std::min<uint64_t>(kFilePiece, count));
  if (responder_.takes_files() && piece > kSmallPiece && is_cached(file_->fd(), position_, piece))
    return send_file(piece);
  return fill(static_cast<size_t>(std::min<uint64_t>(kBlockSize, count))) && send_block();
}

// How many bytes from the position on may be read now.  If there are none it sees to what comes next.
uint64_t BlobSender::sendable() {
  if (reading_) return 0;
  if (position_ == range_.end) {
    end();
    return 0;
  }
  auto limit = hold_back_.limit(readable_, verified_);
  if (position_ < limit) {
    drip_.stop();
    return limit - position_;
  }
  if (verified_) {
    fail(0);
  } else if (progress_ended_) {
    run_dry();
  } else {
    update_drip();
  }
  return 0;
}

// Not cleared before it is read into, which would cost a part of what sending costs.
char* BlobSender::buffer() {
  if (!buffer_) buffer_ = std::make_shared_for_overwrite<char[]>(std::min<uint64_t>(kBlockSize, range_.size()));
  return buffer_.get();
}

// Reads the next block.  False: it is not there yet.
bool BlobSender::fill(size_t count) {
  ssize_t got = read_cached(file_->fd(), buffer(), count, position_);
  if (got > 0) {
    block_ = {buffer(), static_cast<size_t>(got)};
    return true;
  }
  if (got < 0 && errno == EAGAIN) {
    read_by_pool(count);
    return false;
  }
  fail(got < 0 ? errno : 0);
  return false;
}

void BlobSender::read_by_pool(size_t count) {
  reading_ = true;
  read_task_ = context_.services.disk.submit<ssize_t>(
      context_.loop,
      [file = file_, buffer = buffer_, count, offset = position_] {
        ssize_t got = ::pread(file->fd(), buffer.get(), count, static_cast<off_t>(offset));
        return got < 0 ? -errno : got;
      },
      [this](ssize_t got) {
        reading_ = false;
        if (got <= 0) return fail(static_cast<int>(-got));
        block_ = {buffer(), static_cast<size_t>(got)};
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

// True when the whole piece was sent.
bool BlobSender::send_file(size_t count) {
  auto put = responder_.send_file_now(file_->fd(), position_, count);
  if (!put) {
    fail(0);
    return false;
  }
  this->count(*put);
  return *put == count;
}

// True when the whole block was sent.
bool BlobSender::send_block() {
  auto put = responder_.send_now(block_);
  block_.remove_prefix(put);
  count(put);
  return block_.empty();
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
