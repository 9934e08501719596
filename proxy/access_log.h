// SPDX-License-Identifier: Apache-2.0
// The access log of one worker: a line for each request, written some at a time and soon.  Lives on the worker's loop;
// destroying it writes what is left.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "proxy/record.h"

namespace weir::proxy {

class AccessLog {
 public:
  explicit AccessLog(Loop& loop);
  ~AccessLog();

  // Client, method, host, path, status, outcome, sha256, bytes from the store and from the origin, seconds; the names
  // of the sources where there was another one than the origin; the user where names are asked for.
  void add(const RequestRecord& record, MonotonicTime now);

 private:
  log::Batch lines_;
  Timer timer_;
};

}  // namespace weir::proxy
