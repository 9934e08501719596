// SPDX-License-Identifier: Apache-2.0
// What /-/status says, for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/proxy_contact.h"
#include "cli/store_contents.h"

namespace weir::cli {

// 1234567 -> "1.2 MB" (powers of 1000, as the hub shows sizes).
std::string show_bytes(uint64_t bytes);

// Seconds since 1970 as "2026-01-31 12:00:00 UTC".
std::string show_time(uint64_t unix_time);

// "1 file", "2 files".
std::string counted(uint64_t count, const std::string& noun);

// The answer of /-/status as lines for people.  Errors: io when it is not that.
Result<std::string> status_text(const std::string& json);

// What a run is told about at its end.
struct Transfers {
  uint64_t from_store = 0;   // bytes
  uint64_t from_origin = 0;  // bytes

  bool operator==(const Transfers&) const = default;
};

std::optional<Transfers> parse_transfers(const std::string& json);
// Nothing when the proxy does not say.
std::optional<Transfers> fetch_transfers(const ProxyContact& server);

// A sentence; "" when nothing was transferred.
std::string summary_of(const Transfers& before, const Transfers& after);

// All blobs as JSON and as lines for people.
std::string blobs_json(const std::vector<StoredBlob>& blobs);
std::string blobs_text(const std::vector<StoredBlob>& blobs);
// One of them, with its names.
std::string blob_lines(const StoredBlob& blob);

// The files of one repository as JSON and as lines for people, each with where its bytes stand.
std::string held_files_json(const std::vector<HeldFile>& files);
std::string held_files_text(const std::vector<HeldFile>& files);

}  // namespace weir::cli
