// SPDX-License-Identifier: Apache-2.0
// Gathers small writes to a stream, so that one call moves them all: a TLS session writes record by record.
#pragma once

#include <string>
#include <string_view>

#include "proxy/stream.h"

namespace weir::proxy {

class GatheredWrites {
 public:
  // `below` must outlive it.
  explicit GatheredWrites(Stream& below) : below_(below) {}

  // Until flush() is called writes are kept, in memory for `size` more bytes.  False: there is no memory, and writes go
  // on as before.
  [[nodiscard]] bool gather(size_t size);
  // How many bytes may be written until more memory is needed.
  size_t room() const { return bytes_.capacity() - bytes_.size(); }
  // ok, while gathering, with all of `bytes`.  Else what was gathered before goes first, and would_block means that
  // none of `bytes` went.
  IoResult write(std::string_view bytes);
  // Ends the gathering.  ok: nothing is left of what was gathered.  would_block: wait, then call again.
  IoStatus flush();

 private:
  Stream& below_;
  bool gathering_ = false;
  std::string bytes_;
  size_t sent_ = 0;  // of them
};

}  // namespace weir::proxy
