// SPDX-License-Identifier: Apache-2.0
// The TLS of Weir's own port: what clients that use https:// in HTTPS_PROXY ([proxy] tls) or in HF_ENDPOINT ([endpoint]
// names) meet first.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "certs/leaf_cache.h"
#include "proxy/options.h"

struct ssl_ctx_st;

namespace weir::proxy {

// Who the port is to those who speak TLS to it.
struct PortIdentity {
  std::string section = "proxy";  // of the configuration, for errors
  std::vector<std::string> names;
  std::filesystem::path cert;  // empty: Weir's CA signs for the names
  std::filesystem::path key;

  bool operator==(const PortIdentity&) const = default;
};

// Nothing when the port is in clear.
std::optional<PortIdentity> port_identity(const Options& options);

// A server context for the port, for any thread: with the operator's certificate, which is read now, or with a leaf of
// Weir's CA for the name that the client asks for (the first of the names when it asks for none of them).  `leaves`
// must outlive it.  Clients that offer the protocol of peers are served by `peers`, if there is one
// (peer::configure_server).  Errors: invalid for files that do not fit, and for a name that the CA may not sign for.
Result<std::shared_ptr<ssl_ctx_st>> make_port_tls(const PortIdentity& identity, certs::LeafCache& leaves,
                                                  std::shared_ptr<ssl_ctx_st> peers = nullptr);

}  // namespace weir::proxy
