// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace weir {

// While it lives, SIGPIPE is ignored: OpenSSL writes to sockets without MSG_NOSIGNAL.  For commands with one thread;
// the proxy ignores it from the start.
class IgnoredSigpipe {
 public:
  IgnoredSigpipe() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  ~IgnoredSigpipe() { std::signal(SIGPIPE, before_); }
  IgnoredSigpipe(const IgnoredSigpipe&) = delete;
  IgnoredSigpipe& operator=(const IgnoredSigpipe&) = delete;

 private:
  void (*before_)(int);
};

}  // namespace weir
