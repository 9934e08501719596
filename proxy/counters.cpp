// SPDX-License-Identifier: Apache-2.0
#include "proxy/counters.h"

namespace weir::proxy {
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

}  // namespace weir::proxy
