// SPDX-License-Identifier: Apache-2.0
#include "proxy/gathered_writes.h"

#include <new>

namespace weir::proxy {

bool GatheredWrites::gather(size_t size) {
  try {
    bytes_.reserve(bytes_.size() + size);
  } catch (const std::bad_alloc&) {
    return false;
  }
  gathering_ = true;
  return true;
}

IoResult GatheredWrites::write(std::string_view bytes) {
  if (gathering_) {
    bytes_ += bytes;
    return {IoStatus::ok, bytes.size()};
  }
  auto status = flush();
  return status == IoStatus::ok ? below_.write(bytes) : IoResult{status, 0};
}

IoStatus GatheredWrites::flush() {
  gathering_ = false;
  while (sent_ < bytes_.size()) {
    auto [status, put] = below_.write(std::string_view(bytes_).substr(sent_));
    if (status != IoStatus::ok) return status;
    sent_ += put;
  }
  std::string().swap(bytes_);  // a connection at rest holds no memory for it
  sent_ = 0;
  return IoStatus::ok;
}

}  // namespace weir::proxy
