// SPDX-License-Identifier: Apache-2.0
// What an HTTP connection has to send and its stream did not take yet: heads, and bodies that come in pieces.  Belongs
// to the connection.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/stream.h"

namespace weir::proxy {

class OutputQueue {
 public:
  void add(std::string_view bytes);
  // A head, which waits for the beginning of its body until the next flush().
  void add_head(std::string_view head);
  // Takes the beginning of a body behind its head, if that still waits: one TLS record and one segment for a small file
  // with its head.  Returns how many bytes.
  size_t join(std::string_view body);

  bool empty() const { return sent_ == bytes_.size(); }
  size_t size() const { return bytes_.size() - sent_; }

  // Sends what `stream` takes.  would_block: some is left.  `bytes` of the result: how many it took, also then.
  IoResult flush(Stream& stream);

 private:
  std::string bytes_;
  size_t sent_ = 0;  // of them
  bool head_waits_ = false;
};

}  // namespace weir::proxy
