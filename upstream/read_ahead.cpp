// SPDX-License-Identifier: Apache-2.0
#include "upstream/read_ahead.h"

#include <openssl/ssl.h>

namespace weir::upstream {
namespace {

// Some four records.
constexpr size_t kBufferBytes = 64 << 10;

}  // namespace

void start_reading_ahead(const EasyHandle& easy) {
  auto* tls = easy.tls();
  if (!tls) return;
  // OpenSSL 3.2 and newer keep the buffer that they began with, of one record.
  SSL_set_default_read_buffer_len(tls, kBufferBytes);
  SSL_set_read_ahead(tls, 1);
}

void stop_reading_ahead(const EasyHandle& easy) {
  if (auto* tls = easy.tls()) SSL_set_read_ahead(tls, 0);
}

bool is_ahead(const EasyHandle& easy) {
  auto* tls = easy.tls();
  return tls && SSL_has_pending(tls) == 1;
}

}  // namespace weir::upstream
