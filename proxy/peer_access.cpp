// SPDX-License-Identifier: Apache-2.0
#include "proxy/peer_access.h"

#include <openssl/ssl.h>

#include <utility>

#include "peer/pairing.h"
#include "peer/tls.h"
#include "proxy/tls_contexts.h"

namespace weir::proxy {

PeerAccess::PeerAccess(peer::Identity its_identity, std::shared_ptr<ssl_ctx_st> its_tls,
                       const std::filesystem::path& folder)
    : identity(std::move(its_identity)),
      tls(std::move(its_tls)),
      name(peer::own_name()),
      list(folder),
      weirs(std::make_shared<PairedWeirs>(identity, list)) {}

PeerAccess::~PeerAccess() = default;

Result<std::shared_ptr<ssl_ctx_st>> make_peer_tls(const peer::Identity& identity) {
  std::shared_ptr<ssl_ctx_st> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context || !set_up_server(context.get()) || !peer::configure_server(context.get(), identity))
    return fail(ErrorCode::unsupported, "OpenSSL refuses the TLS settings for peers");
  return context;
}

}  // namespace weir::proxy
