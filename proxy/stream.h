// SPDX-License-Identifier: Apache-2.0
// A client's byte stream: a socket, in clear or under TLS.  Non-blocking; moves bytes and nothing else.  Lives on one
// loop.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/loop.h"
#include "base/unique_fd.h"

namespace weir::proxy {

enum class IoStatus {
  ok,           // `bytes` were moved, at least one
  would_block,  // wait for the stream's interest, then call again
  closed,       // the other side ended its direction properly
  failed,       // reset, or a TLS error: nothing more can be moved
};

struct IoResult {
  IoStatus status = IoStatus::ok;
  size_t bytes = 0;

  bool operator==(const IoResult&) const = default;
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual IoResult read(std::span<char> buffer) = 0;
  // Writes as much as the socket takes.  `bytes` behind what was written must be offered again, unchanged.
  virtual IoResult write(std::string_view bytes) = 0;
  // What to wait for after read() or write() would block (TLS may have to write in order to read).
  virtual Interest read_interest() const = 0;
  virtual Interest write_interest() const = 0;
  // True when bytes are buffered in the stream itself, so that waiting for the socket would wait in vain.
  virtual bool has_buffered_input() const = 0;
  // Ends our direction: close_notify and FIN.
  virtual void end_output() = 0;
  virtual int fd() const = 0;
};

// A stream in clear.
class PlainStream : public Stream {
 public:
  explicit PlainStream(UniqueFd fd) : fd_(std::move(fd)) {}

  IoResult read(std::span<char> buffer) override;
  IoResult write(std::string_view bytes) override;
  Interest read_interest() const override { return Interest::read; }
  Interest write_interest() const override { return Interest::write; }
  bool has_buffered_input() const override { return false; }
  void end_output() override;
  int fd() const override { return fd_.get(); }

 private:
  UniqueFd fd_;
};

// Makes closing the socket send a reset, so that the other side cannot take what it has for the whole.
void reset_on_close(int fd);

}  // namespace weir::proxy
