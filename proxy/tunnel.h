// SPDX-License-Identifier: Apache-2.0
// Carries the bytes of a CONNECT between a client and a host, untouched, in both directions, with half-close.  The
// client's side may be under TLS (that of the proxy's port).  Lives on one loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "proxy/stream.h"

namespace weir::proxy {

class Tunnel {
 public:
  // `on_closed` is the last call; it may destroy the tunnel only later.
  Tunnel(Loop& loop, std::unique_ptr<Stream> client, std::unique_ptr<Stream> host, Duration idle_timeout,
         std::function<void()> on_closed);

  // Sends `greeting` (the 200 of the CONNECT) to the client and begins.
  void start(std::string_view greeting);
  uint64_t bytes_to_client() const { return to_client_.carried; }
  uint64_t bytes_to_host() const { return to_host_.carried; }

 private:
  // One direction: what was read from `from` and not yet written to `to`.
  struct Flow {
    Stream* from = nullptr;
    Stream* to = nullptr;
    std::string buffer;
    size_t written = 0;
    size_t own = 0;  // Weir's own bytes that are still in front; they do not count as carried
    uint64_t carried = 0;
    bool ended = false;      // `from` has sent its end
    bool passed_on = false;  // and `to` has been told

    bool pending() const { return written < buffer.size(); }
    bool wants_read() const { return !ended && !pending(); }
    bool wants_write() const { return pending() || (ended && !passed_on); }
  };

  void on_ready();
  bool pump(Flow& flow);
  IoStatus write_pending(Flow& flow);
  void pass_end_on(Flow& flow);
  void update();
  void close();

  std::unique_ptr<Stream> client_;
  std::unique_ptr<Stream> host_;
  Flow to_client_;
  Flow to_host_;
  FdWatch client_watch_;
  FdWatch host_watch_;
  Timer idle_;
  Timer again_;  // goes on with what TLS has decrypted, for which no socket becomes readable
  Duration idle_timeout_;
  std::function<void()> on_closed_;
  bool closed_ = false;
};

}  // namespace weir::proxy
