// SPDX-License-Identifier: Apache-2.0
// Tells the service manager how the proxy is doing, as sd_notify(3) describes: one datagram to $NOTIFY_SOCKET.  Does
// nothing without that variable; what cannot be sent is lost.
#pragma once

#include <string>
#include <string_view>

#include "cli/environment.h"

namespace weir::cli {

class ServiceManager {
 public:
  explicit ServiceManager(const Environment& environment);

  // It serves, also again after a reload.  `status` is one line for systemctl status.
  void ready(std::string_view status) const;
  void reloading() const;
  void stopping() const;

 private:
  void send(const std::string& message) const;

  std::string socket_;  // a path, or '@' and an abstract name; empty: nobody listens
};

}  // namespace weir::cli
