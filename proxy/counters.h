// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "proxy/record.h"

namespace weir::proxy {

// Why a file's bytes went past the store although they were for us to keep.
enum class PassedBy {
  xet,        // a client read by Xet: it has an old listing, or the file is above the limit for plain HTTP
  too_large,  // the hub's answer for a file above the limit was relayed
  elsewhere,  // the hub named a host that is not intercepted
  store,      // the store could not take it
};
inline constexpr size_t kPassedByCount = 4;
std::string_view name_of(PassedBy reason);

// What the admin surface shows.  Written by all workers; nothing is ever reset.
struct Counters {
  std::array<std::atomic<uint64_t>, 6> requests{};  // by Outcome
  std::atomic<uint64_t> bytes_from_store = 0;       // of bodies
  std::atomic<uint64_t> bytes_relayed = 0;          // of bodies that passed through from the origin
  std::atomic<uint64_t> bytes_to_clients = 0;       // of bodies, tunnels included
  std::atomic<uint64_t> connections = 0;            // now
  std::atomic<uint64_t> connections_total = 0;
  std::atomic<uint64_t> tunnels = 0;  // now
  std::atomic<uint64_t> handshakes_failed = 0;
  std::atomic<uint64_t> wrong_passed_files = 0;  // whose bytes passed by the store and did not have their digest
  std::atomic<uint64_t> wrong_small_files = 0;   // whose bytes did not have the git id that the hub named
  std::array<std::atomic<uint64_t>, kPassedByCount> passed_by{};

  void add(const RequestRecord& record);
};

}  // namespace weir::proxy
