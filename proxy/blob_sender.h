// SPDX-License-Identifier: Apache-2.0
// Sends a range of a file that is complete, or still growing, as an answer's body.  What the page cache has is read on
// the loop; what it has not, by the disk pool.  Lives on the connection's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/byte_range.h"
#include "cas/blob.h"
#include "proxy/exchange.h"
#include "proxy/hold_back.h"
#include "proxy/services.h"

namespace weir::proxy {

class BlobSender {
 public:
  // The head must have been sent with the length of `range`.  Bytes from the offset `fresh_from` on are counted as the
  // origin's, those before it as the store's.
  BlobSender(WorkerContext& context, Responder& responder, std::shared_ptr<const cas::BlobFile> file, ByteRange range,
             HoldBack hold_back, uint64_t fresh_from);

  // Bytes [0, readable) of the file are there now.
  void set_progress(uint64_t readable, bool verified);
  // Sends what can be sent now; call it again at on_writable().  Finishes the answer when all of it is sent.
  void pump();
  // The offset in the file of the next byte to read.
  uint64_t position() const { return position_; }

 private:
  bool fill();
  void read_by_pool(size_t count);
  void fail(int error_number);
  bool send_block();
  void count(uint64_t bytes);
  void update_drip();

  WorkerContext& context_;
  Responder& responder_;
  std::shared_ptr<const cas::BlobFile> file_;
  ByteRange range_;
  HoldBack hold_back_;
  const uint64_t fresh_from_;
  uint64_t readable_ = 0;
  bool verified_ = false;

  uint64_t position_;        // of the next byte to send
  std::vector<char> block_;  // read and not yet sent, from block_sent_ on
  size_t block_sent_ = 0;
  bool reading_ = false;
  bool pump_posted_ = false;
  DiskTask read_task_;
  Timer drip_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::proxy
