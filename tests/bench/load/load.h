// SPDX-License-Identifier: Apache-2.0
// Puts a load on a server: so many requests over so many connections at a time, a thread each, and how long they took.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/blocking_connection.h"

namespace weir::bench {

struct Plan {
  Server server;
  std::string target;         // what is asked for; "{}" in it stands for the number of a file
  uint64_t files = 1;         // so many of them, one after another
  uint64_t size = 0;          // of each, in bytes; 0: not looked at
  uint64_t piece = 0;         // bytes of a Range; 0: without Range
  uint64_t window = 1;        // the pieces of a file out of order, but within so many of them
  uint64_t requests = 1;      // in all; after the last piece of the last file comes the first again
  unsigned connections = 1;   // at a time
  bool connect_each = false;  // a new connection for each request
  std::string_view expected;  // the bytes of a file, to compare with; empty: not looked at
};

struct Report {
  double seconds = 0;
  uint64_t requests = 0;
  uint64_t bytes = 0;                      // of bodies
  std::vector<double> first_byte_seconds;  // of each request, from its connection's beginning if it has a new one
  std::vector<double> whole_seconds;       // until the last byte, likewise
};

// Fails with the first request that does.
Result<Report> put_load(const Plan& plan);

}  // namespace weir::bench
