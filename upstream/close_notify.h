// SPDX-License-Identifier: Apache-2.0
// Whether the peer ended its TLS connection with a close_notify (RFC 8446, section 6.1).  Only that tells a body that
// ends with the connection from one that somebody cut: libcurl 7.88 takes both for complete (tried with OpenSSL 3.0).
#pragma once

#include "upstream/curl_handle.h"

struct ssl_st;

namespace weir::upstream {

class CloseNotify {
 public:
  CloseNotify() = default;
  CloseNotify(const CloseNotify&) = delete;
  CloseNotify& operator=(const CloseNotify&) = delete;

  // Watches the connection of a transfer from within a callback of it.  The connection must end with this transfer, and
  // before this object does.
  void watch(const EasyHandle& easy);
  bool received() const { return received_; }

 private:
  static void on_event(const ssl_st* tls, int where, int alert);

  bool received_ = false;
};

}  // namespace weir::upstream
