// SPDX-License-Identifier: Apache-2.0
// A client's byte stream: a socket, in clear or under TLS.  Non-blocking; moves bytes and nothing else.  Lives on one
// loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/loop.h"
#include "base/unique_fd.h"

namespace weir::proxy {

enum class IoStatus {
  ok,           // `bytes` were moved, at least one unless it says otherwise
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
  // Whether send_file() works here.
  virtual bool sends_files() const { return false; }
  // Writes from a file's page cache without a copy in between, as much as the socket takes.  ok with no bytes: the file
  // ends before `offset`.  The process must ignore SIGPIPE.
  virtual IoResult send_file(int file, uint64_t offset, size_t count);
  // What to wait for after read() or write() would block (TLS may have to write in order to read).
  virtual Interest read_interest() const = 0;
  virtual Interest write_interest() const = 0;
  // True when bytes are buffered in the stream itself, so that waiting for the socket would wait in vain.
  virtual bool has_buffered_input() const = 0;
  // Whether the other side may end its direction and still read ours.  Before TLS 1.3 it may not (RFC 5246, section
  // 7.2.1), and clients that give up end theirs in the same way.
  virtual bool allows_half_close() const = 0;
  // Ends our direction: close_notify and FIN.  would_block: wait for write_interest(), then call again.
  virtual IoStatus end_output() = 0;
  virtual int fd() const = 0;
};

// A stream in clear.
class PlainStream : public Stream {
 public:
  explicit PlainStream(UniqueFd fd) : fd_(std::move(fd)) {}

  IoResult read(std::span<char> buffer) override;
  IoResult write(std::string_view bytes) override;
  bool sends_files() const override { return true; }
  IoResult send_file(int file, uint64_t offset, size_t count) override;
  Interest read_interest() const override { return Interest::read; }
  Interest write_interest() const override { return Interest::write; }
  bool has_buffered_input() const override { return false; }
  bool allows_half_close() const override { return true; }
  IoStatus end_output() override;
  int fd() const override { return fd_.get(); }

 private:
  UniqueFd fd_;
};

// A stream with bytes in front that were read off it before.
class ReplayStream : public Stream {
 public:
  ReplayStream(std::string ahead, std::unique_ptr<Stream> stream)
      : ahead_(std::move(ahead)), stream_(std::move(stream)) {}

  IoResult read(std::span<char> buffer) override;
  IoResult write(std::string_view bytes) override { return stream_->write(bytes); }
  bool sends_files() const override { return stream_->sends_files(); }
  IoResult send_file(int file, uint64_t offset, size_t count) override {
    return stream_->send_file(file, offset, count);
  }
  Interest read_interest() const override { return stream_->read_interest(); }
  Interest write_interest() const override { return stream_->write_interest(); }
  bool has_buffered_input() const override { return !ahead_.empty() || stream_->has_buffered_input(); }
  bool allows_half_close() const override { return stream_->allows_half_close(); }
  IoStatus end_output() override { return stream_->end_output(); }
  int fd() const override { return stream_->fd(); }

 private:
  std::string ahead_;
  std::unique_ptr<Stream> stream_;
};

// Makes closing the socket send a reset, so that the other side cannot take what it has for the whole.
void reset_on_close(int fd);

}  // namespace weir::proxy
