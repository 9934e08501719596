// SPDX-License-Identifier: Apache-2.0
// One TLS server context for each intercepted host name, made from its leaf certificate and kept, so that sessions
// resume. Thread-safe: workers share it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "certs/leaf_cache.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weir::proxy {

class TlsContexts {
 public:
  // The cache must outlive this.
  explicit TlsContexts(certs::LeafCache& leaves) : leaves_(leaves) {}

  // The context for `host` (lower case).  It serves that host alone: a ClientHello that names another one is refused
  // with an alert.
  Result<std::shared_ptr<ssl_ctx_st>> get(const std::string& host, WallTime now);

 private:
  struct Entry {
    std::shared_ptr<const certs::LeafCertificate> leaf;
    std::shared_ptr<ssl_ctx_st> context;
  };

  certs::LeafCache& leaves_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> contexts_;  // guarded by mutex_
};

// What all of Weir's own TLS servers have in common: versions, suites, tickets, http/1.1 as the protocol.  False when
// OpenSSL refuses.
bool set_up_server(ssl_ctx_st* context);

// Makes one connection present the leaf.  False when OpenSSL refuses.
bool use_leaf(ssl_st* ssl, const certs::LeafCertificate& leaf);

}  // namespace weir::proxy
