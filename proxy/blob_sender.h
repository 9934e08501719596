// SPDX-License-Identifier: Apache-2.0
// Sends a range of a file that is complete, or still growing, as an answer's body.  What the page cache has is read on
// the loop, or sent from there without a copy where the client's stream can do that; what it has not, is read by the
// disk pool.  Lives on the connection's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "base/byte_range.h"
#include "cas/blob.h"
#include "proxy/exchange.h"
#include "proxy/hold_back.h"
#include "proxy/services.h"

namespace weir::proxy {

class BlobSender {
 public:
  // The head must have been sent with the length of `range`, or with that of a body of which it is a part.  Bytes from
  // the offset `fresh_from` on are counted as the origin's, those before it as the store's.  `on_sent` is called once,
  // from within, when all of the range is sent; without it the answer is finished then.
  BlobSender(WorkerContext& context, Responder& responder, std::shared_ptr<const cas::BlobFile> file, ByteRange range,
             HoldBack hold_back, uint64_t fresh_from, std::function<void()> on_sent = nullptr);

  // `on_dry` is called once, from within, when the file has no more to give: it cannot be read, or, behind
  // end_of_progress(), all of it is sent that may be.  Nothing is sent from then on; position() says how far it came.
  // Without it such an answer is cut.
  void set_on_dry(std::function<void()> on_dry) { on_dry_ = std::move(on_dry); }
  // Nothing more comes into the file.
  void end_of_progress() { progress_ended_ = true; }
  // Bytes [0, readable) of the file are there now.
  void set_progress(uint64_t readable, bool verified);
  // Sends what can be sent now; call it again at on_writable().
  void pump();
  // The offset in the file of the next byte to read.
  uint64_t position() const { return position_; }
  const std::shared_ptr<const cas::BlobFile>& file() const { return file_; }

 private:
  bool send_some();
  uint64_t sendable();
  char* buffer();
  bool fill(size_t count);
  void read_by_pool(size_t count);
  bool send_file(size_t count);
  void end();
  void fail(int error_number);
  void run_dry();
  bool send_block();
  void count(uint64_t bytes);
  void update_drip();

  WorkerContext& context_;
  Responder& responder_;
  std::shared_ptr<const cas::BlobFile> file_;
  ByteRange range_;
  HoldBack hold_back_;
  const uint64_t fresh_from_;
  std::function<void()> on_sent_;
  std::function<void()> on_dry_;
  bool progress_ended_ = false;
  bool dry_ = false;
  uint64_t readable_ = 0;
  bool verified_ = false;

  uint64_t position_;               // of the next byte to send
  std::shared_ptr<char[]> buffer_;  // for a block, which the pool may be reading into it
  std::string_view block_;          // what is read into it and not yet sent
  bool reading_ = false;
  bool pump_posted_ = false;
  DiskTask read_task_;
  Timer drip_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::proxy
