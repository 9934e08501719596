// SPDX-License-Identifier: Apache-2.0
#include "proxy/counters.h"

#include "base/log.h"

namespace weir::proxy {
namespace {

std::string_view or_dash(std::string_view text) {
  return text.empty() ? "-" : text;
}

}  // namespace

std::string_view name_of(PassedBy reason) {
  switch (reason) {
    case PassedBy::xet:
      return "xet";
    case PassedBy::too_large:
      return "too_large";
    case PassedBy::elsewhere:
      return "elsewhere";
    case PassedBy::store:
      return "store_trouble";
  }
  return "-";
}

void Counters::add(const RequestRecord& record) {
  ++requests[static_cast<size_t>(record.outcome)];
  bytes_from_store += record.from_store;
  if (record.outcome == Outcome::pass) bytes_relayed += record.from_origin;
  bytes_to_clients += record.from_store + record.from_origin;
}

void write_access_log(const RequestRecord& record, MonotonicTime now) {
  auto seconds = std::chrono::duration<double>(now - record.started).count();
  log::info("access {} {} {} {} {} {} {} store={} origin={} {:.3f}s{}{}{}", or_dash(record.client),
            or_dash(record.method), or_dash(record.host), or_dash(record.path), record.status, name_of(record.outcome),
            record.digest ? record.digest->hex() : "-", record.from_store, record.from_origin, seconds,
            record.user.empty() ? "" : " user=", record.user, record.complete ? "" : " cut");
}

}  // namespace weir::proxy
