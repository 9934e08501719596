// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/byte_range.h"
#include "proxy/file_exchange.h"

namespace weir::proxy {

// Answers a permitted request for a part of a file that is not held: the part comes from where the hub said that the
// bytes are, under Weir's own head, and is not stored.  `file.source` is set.
std::unique_ptr<Exchange> make_part_exchange(WorkerContext& context, Responder& responder, FileRequest file,
                                             ByteRange range);

}  // namespace weir::proxy
