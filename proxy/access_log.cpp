// SPDX-License-Identifier: Apache-2.0
#include "proxy/access_log.h"

#include <fmt/core.h>

#include <chrono>
#include <string_view>

namespace weir::proxy {
namespace {

constexpr Duration kWriteInterval{100};
constexpr size_t kMaxWaiting = 32 << 10;

std::string_view or_dash(std::string_view text) {
  return text.empty() ? "-" : text;
}

}  // namespace

AccessLog::AccessLog(Loop& loop) : timer_(loop, [this] { lines_.write(); }) {}

AccessLog::~AccessLog() {
  if (lines_.size() > 0) lines_.write();
}

void AccessLog::add(const RequestRecord& record, MonotonicTime now) {
  if (!log::enabled(log::Level::info)) return;
  bool by_others = !record.sources.empty() && record.sources != "origin";
  auto seconds = std::chrono::duration<double>(now - record.started).count();
  lines_.add(log::Level::info,
             fmt::format("access {} {} {} {} {} {} {} store={} origin={} {:.3f}s{}{}{}{}{}", or_dash(record.client),
                         or_dash(record.method), or_dash(record.host), or_dash(record.path), record.status,
                         name_of(record.outcome), record.digest ? record.digest->hex() : "-", record.from_store,
                         record.from_origin, seconds, by_others ? " sources=" : "", by_others ? record.sources : "",
                         record.user.empty() ? "" : " user=", record.user, record.complete ? "" : " cut"));
  if (lines_.size() >= kMaxWaiting) return lines_.write();
  if (!timer_.running()) timer_.start(kWriteInterval);
}

}  // namespace weir::proxy
