// SPDX-License-Identifier: Apache-2.0
#include "proxy/output_queue.h"

#include <utility>

#include "proxy/exchange.h"

namespace weir::proxy {
namespace {

// The largest record of TLS (RFC 8446, section 5.1).
constexpr size_t kRecordSize = 16 << 10;

}  // namespace

void OutputQueue::add(std::string_view bytes) {
  // A client that stays a little behind never empties the queue; what it has taken goes all the same.
  if (sent_ >= kMaxQueued) {
    bytes_.erase(0, sent_);
    sent_ = 0;
  }
  bytes_.append(bytes);
}

void OutputQueue::add_head(std::string_view head) {
  add(head);
  head_waits_ = true;
}

size_t OutputQueue::join(std::string_view body) {
  if (!std::exchange(head_waits_, false) || size() >= kRecordSize) return 0;
  auto joined = body.substr(0, kRecordSize - size());
  add(joined);
  return joined.size();
}

IoResult OutputQueue::flush(Stream& stream) {
  head_waits_ = false;
  size_t taken = 0;
  while (!empty()) {
    auto [status, put] = stream.write(std::string_view(bytes_).substr(sent_));
    if (status != IoStatus::ok) return {status, taken};
    if (put == 0) return {IoStatus::would_block, taken};
    sent_ += put;
    taken += put;
  }
  bytes_.clear();
  sent_ = 0;
  if (bytes_.capacity() > kMaxQueued) bytes_.shrink_to_fit();
  return {IoStatus::ok, taken};
}

}  // namespace weir::proxy
