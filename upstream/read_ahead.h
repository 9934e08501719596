// SPDX-License-Identifier: Apache-2.0
// Lets TLS take several records of a long body from the socket with one call.  libcurl reads one record at a time, with
// a call for its head and another for the rest, and knows nothing of the records that OpenSSL then holds: the socket is
// not readable for them.  So whoever turns this on must have libcurl read again while is_ahead() says so.
//
// All take the handle of a transfer that runs, from any place; they do nothing for one that has no TLS of OpenSSL.
#pragma once

#include "upstream/curl_handle.h"

namespace weir::upstream {

// For a body of known length, once its head is there: within it, and not within heads or chunks, each record that
// libcurl reads is followed by a call of the write callback, so that its owner knows when to look.
void start_reading_ahead(const EasyHandle& easy);
// Before another answer is read from the same connection.
void stop_reading_ahead(const EasyHandle& easy);
// Whether TLS holds bytes that came after those that libcurl has read; they may be a part of a record.
bool is_ahead(const EasyHandle& easy);

}  // namespace weir::upstream
