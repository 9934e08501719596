// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls_contexts.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "http/text.h"

namespace weir::proxy {
namespace {

// Mozilla's "intermediate" set, AES-128 first: with OpenSSL 3.0 it is a tenth faster than AES-256.
constexpr char kTls13Suites[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kTls12Suites[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305";

// Picks http/1.1 whenever it is offered.  A client that offers only others gets none and may speak HTTP/1.1 all the
// same.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  static constexpr std::string_view kHttp11 = "http/1.1";
  for (unsigned i = 0; i < in_size; i += in[i] + 1u) {
    if (i + 1u + in[i] > in_size) break;
    std::string_view offered(reinterpret_cast<const char*>(in + i + 1), in[i]);
    if (offered != kHttp11) continue;
    *out = in + i + 1;
    *out_size = in[i];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

// The ClientHello must name the host of the CONNECT, or none.
int check_server_name(SSL* ssl, int*, void* argument) {
  const char* named = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (named == nullptr) return SSL_TLSEXT_ERR_NOACK;
  std::string_view name(named);
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  auto& host = *static_cast<const std::string*>(argument);
  return http::equals_ignoring_case(name, host) ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A context owns the host name that its callback compares with.
struct HostedContext {
  explicit HostedContext(std::string its_host) : host(std::move(its_host)), context(SSL_CTX_new(TLS_server_method())) {}
  HostedContext(const HostedContext&) = delete;
  HostedContext& operator=(const HostedContext&) = delete;
  ~HostedContext() { SSL_CTX_free(context); }

  std::string host;
  SSL_CTX* context;
};

// What stands between the leaf and the root that clients trust.
bool add_chain(SSL_CTX* context, const certs::LeafCertificate& leaf) {
  // The function behind SSL_CTX_add1_chain_cert(3), a macro with a cast of the old style.
  return std::all_of(leaf.chain.begin(), leaf.chain.end(), [context](const certs::Certificate& certificate) {
    return SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1, certificate.get()) == 1;
  });
}

bool set_up(SSL_CTX* context, const certs::LeafCertificate& leaf) {
  auto* host = reinterpret_cast<const unsigned char*>(leaf.host.data());
  auto host_size = static_cast<unsigned>(std::min<size_t>(leaf.host.size(), SSL_MAX_SSL_SESSION_ID_LENGTH));
  return set_up_server(context) && SSL_CTX_set_session_id_context(context, host, host_size) == 1 &&
         SSL_CTX_use_certificate(context, leaf.certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, leaf.key.get()) == 1 && add_chain(context, leaf);
}

Result<std::shared_ptr<ssl_ctx_st>> make_context(const certs::LeafCertificate& leaf) {
  auto owner = std::make_shared<HostedContext>(leaf.host);
  if (owner->context == nullptr || !set_up(owner->context, leaf))
    return fail(ErrorCode::unsupported, "OpenSSL refuses the TLS settings for " + leaf.host);
  // The function behind SSL_CTX_set_tlsext_servername_callback(3), a macro with a cast of the old style.
  SSL_CTX_callback_ctrl(owner->context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(check_server_name));
  SSL_CTX_set_tlsext_servername_arg(owner->context, &owner->host);
  return std::shared_ptr<ssl_ctx_st>(owner, owner->context);
}

}  // namespace

bool set_up_server(ssl_ctx_st* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);                           // a record's head and body with one call
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets, not memory, carry sessions
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(context, kTls13Suites) == 1 && SSL_CTX_set_cipher_list(context, kTls12Suites) == 1;
}

bool use_leaf(ssl_st* ssl, const certs::LeafCertificate& leaf) {
  // As in add_chain.
  auto add = [ssl](const certs::Certificate& certificate) {
    return SSL_ctrl(ssl, SSL_CTRL_CHAIN_CERT, 1, certificate.get()) == 1;
  };
  return SSL_use_certificate(ssl, leaf.certificate.get()) == 1 && SSL_use_PrivateKey(ssl, leaf.key.get()) == 1 &&
         std::all_of(leaf.chain.begin(), leaf.chain.end(), add);
}

Result<std::shared_ptr<ssl_ctx_st>> TlsContexts::get(const std::string& host, WallTime now) {
  TRY_ASSIGN(auto leaf, leaves_.get(host, now));
  std::lock_guard lock(mutex_);
  auto& entry = contexts_[host];
  if (entry.leaf == leaf) return entry.context;
  TRY_ASSIGN(auto context, make_context(*leaf));
  // As many as the leaf cache holds at most, or a client that makes up names would fill the memory.
  if (contexts_.size() > certs::kMaxLeaves) contexts_.clear();
  contexts_[host] = Entry{leaf, context};
  return context;
}

}  // namespace weir::proxy
