// SPDX-License-Identifier: Apache-2.0
#include "proxy/port_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/text.h"
#include "peer/tls.h"
#include "proxy/tls_contexts.h"

namespace weir::proxy {
namespace {

constexpr char kSessionContext[] = "weir port";
// An operator's key may be RSA.
constexpr char kTls12Suites[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";

// A context owns what its callback mints leaves with.
struct PortContext {
  PortContext(std::vector<std::string> its_names, certs::LeafCache& its_leaves, std::shared_ptr<SSL_CTX> its_peers)
      : names(std::move(its_names)),
        leaves(its_leaves),
        peers(std::move(its_peers)),
        context(SSL_CTX_new(TLS_server_method())) {}
  PortContext(const PortContext&) = delete;
  PortContext& operator=(const PortContext&) = delete;
  ~PortContext() { SSL_CTX_free(context); }

  const std::vector<std::string> names;
  certs::LeafCache& leaves;
  const std::shared_ptr<SSL_CTX> peers;
  SSL_CTX* context;
};

// Gives the connection the leaf of the name that its client asked for.
int choose_leaf(SSL* ssl, void* argument) {
  auto& port = *static_cast<PortContext*>(argument);
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  auto is_asked = [&](const std::string& name) { return asked && http::equals_ignoring_case(asked, name); };
  auto found = std::find_if(port.names.begin(), port.names.end(), is_asked);
  const auto& name = found == port.names.end() ? port.names.front() : *found;
  auto leaf = port.leaves.get(name, wall_now());
  if (!leaf) {
    log::warning("no certificate for {}: {}", name, leaf.error().message);
    return 0;
  }
  return use_leaf(ssl, **leaf) ? 1 : 0;
}

int no_passphrase(char*, int, int, void*) {
  return -1;
}

Error file_error(std::string_view key, const std::filesystem::path& path) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return {ErrorCode::invalid, std::string(key) + ": " + path.string() +
                                  ": expected PEM without a passphrase: " + (reason ? reason : "it cannot be read")};
}

Result<void> use_files(SSL_CTX* context, const PortIdentity& identity) {
  ERR_clear_error();
  // Never asks at the terminal.
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, identity.cert.c_str()) != 1)
    return fail(file_error(identity.section + ".cert", identity.cert));
  if (SSL_CTX_use_PrivateKey_file(context, identity.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(file_error(identity.section + ".key", identity.key));
  return {};
}

}  // namespace

std::optional<PortIdentity> port_identity(const Options& options) {
  const auto& listen = options.listen;
  const auto& endpoint = options.endpoint;
  if (!listen.tls) {
    if (endpoint.names.empty()) return std::nullopt;
    return PortIdentity{"endpoint", endpoint.names, endpoint.cert, endpoint.key};
  }
  PortIdentity identity{"proxy", listen.names, listen.cert, listen.key};
  identity.names.insert(identity.names.end(), endpoint.names.begin(), endpoint.names.end());
  return identity;
}

Result<std::shared_ptr<ssl_ctx_st>> make_port_tls(const PortIdentity& identity, certs::LeafCache& leaves,
                                                  std::shared_ptr<ssl_ctx_st> peers) {
  auto owner = std::make_shared<PortContext>(identity.names, leaves, std::move(peers));
  auto* session = reinterpret_cast<const unsigned char*>(kSessionContext);
  if (owner->context == nullptr || !set_up_server(owner->context) ||
      SSL_CTX_set_cipher_list(owner->context, kTls12Suites) != 1 ||
      SSL_CTX_set_session_id_context(owner->context, session, sizeof kSessionContext - 1) != 1)
    return fail(ErrorCode::unsupported, "OpenSSL refuses the TLS settings for the proxy's port");
  if (!identity.cert.empty()) {
    TRY(use_files(owner->context, identity));
  } else {
    for (const auto& name : identity.names)
      if (auto leaf = leaves.get(name, wall_now()); !leaf) return fail(leaf.error().in(identity.section + ".names"));
    SSL_CTX_set_cert_cb(owner->context, choose_leaf, owner.get());
  }
  if (owner->peers) peer::divert_peers(owner->context, owner->peers.get());
  return std::shared_ptr<ssl_ctx_st>(owner, owner->context);
}

}  // namespace weir::proxy
