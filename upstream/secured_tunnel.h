// SPDX-License-Identifier: Apache-2.0
// A tunnel through a parent proxy that is spoken to over TLS.  The TLS is libcurl's, so the tunnel's user gets one end
// of a socket pair, and the bytes are carried between the other end and libcurl.  Belongs to one loop.
//
// It has a CurlMulti of its own: one that is shared closes connections that it takes for idle ones.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "base/unique_fd.h"
#include "upstream/curl_multi.h"

namespace weir::upstream {

class SecuredTunnel {
 public:
  // `on_end` is called once when the tunnel has ended; it destroys the tunnel later, not at once.
  SecuredTunnel(Loop& loop, std::function<void()> on_end);
  SecuredTunnel(const SecuredTunnel&) = delete;
  SecuredTunnel& operator=(const SecuredTunnel&) = delete;

  // For the dial.
  CurlMulti& multi() { return multi_; }

  // Takes over a connect-only handle of multi() whose connection, on `socket`, is there.  Returns the end for the
  // tunnel's user, non-blocking; nothing when the system gives no sockets.
  UniqueFd carry(EasyHandle easy, int socket);

 private:
  // One direction.  It reads no further before what it has is written.
  struct Flow {
    std::string buffer;
    size_t written = 0;
    bool ended = false;
    bool passed_on = false;

    bool pending() const { return written < buffer.size(); }
    void taken(size_t count);
  };
  enum class Progress { some, none, broken };

  void on_ready();
  Progress read_near();
  Progress write_near();
  Progress read_far();
  Progress write_far();
  bool end_near();
  bool end_far();
  bool pump(Flow& flow, Progress (SecuredTunnel::*read)(), Progress (SecuredTunnel::*write)(),
            bool (SecuredTunnel::*end)());
  void update();
  void close();

  Loop& loop_;
  std::function<void()> on_end_;
  CurlMulti multi_;
  std::optional<EasyHandle> easy_;  // in multi_; goes before it
  int far_ = -1;                    // libcurl's socket
  UniqueFd near_;
  Flow to_near_;
  Flow to_far_;
  std::unique_ptr<FdWatch> near_watch_;
  std::unique_ptr<FdWatch> far_watch_;
};

}  // namespace weir::upstream
