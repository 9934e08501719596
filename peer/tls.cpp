// SPDX-License-Identifier: Apache-2.0
#include "peer/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <string>

namespace weir::peer {
namespace {

// RFC 5705, section 4: labels that begin so are for private use.
constexpr std::string_view kExporterLabel = "EXPERIMENTAL weir-peer/1 pairing";
constexpr char kSessionContext[] = "weir peer";

// The protocol as ALPN lists it: with its length in front.
std::string listed_protocol() {
  return static_cast<char>(kProtocol.size()) + std::string(kProtocol);
}

// Calls `found` at the protocol in a list of ALPN; false when it is not there.
const unsigned char* find_protocol(const unsigned char* list, size_t size) {
  for (size_t i = 0; i < size && i + 1 + list[i] <= size; i += list[i] + size_t{1})
    if (std::string_view(reinterpret_cast<const char*>(list + i + 1), list[i]) == kProtocol) return list + i + 1;
  return nullptr;
}

bool offers_protocol(SSL* ssl) {
  const unsigned char* list = nullptr;
  size_t size = 0;
  bool offered =
      SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &list, &size) == 1 && size > 2;
  return offered && find_protocol(list + 2, size - 2) != nullptr;  // behind the length of the list
}

int require_protocol(SSL* ssl, int* alert, void*) {
  if (offers_protocol(ssl)) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  *out = find_protocol(in, in_size);
  *out_size = static_cast<unsigned char>(kProtocol.size());
  return *out ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// The certificate that the other side shows in the handshake; null: none that a peer would show.
certs::Certificate shown_certificate(X509_STORE_CTX* chain) {
  auto* shown = X509_STORE_CTX_get0_cert(chain);
  if (!shown || X509_up_ref(shown) != 1) return nullptr;
  auto certificate = certs::own(shown);
  return is_peer_certificate(certificate) ? certificate : nullptr;
}

int verdict(X509_STORE_CTX* chain, bool accepted) {
  X509_STORE_CTX_set_error(chain, accepted ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return accepted ? 1 : 0;
}

int take_any_peer(X509_STORE_CTX* chain, void*) {
  return verdict(chain, shown_certificate(chain) != nullptr);
}

int ask_whether_accepted(X509_STORE_CTX* chain, void* accepts) {
  auto certificate = shown_certificate(chain);
  if (!certificate) return verdict(chain, false);
  auto spki = spki_hash(certificate);
  return verdict(chain, spki && (*static_cast<const AcceptsKey*>(accepts))(*spki));
}

constexpr int kDemandCertificate = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

int divert(SSL* ssl, int*, void* peers) {
  if (!offers_protocol(ssl)) return SSL_CLIENT_HELLO_SUCCESS;
  // A change of context changes the certificate and the callbacks; what a connection has of its own is said here.
  SSL_set_SSL_CTX(ssl, static_cast<SSL_CTX*>(peers));
  SSL_set_verify(ssl, kDemandCertificate, nullptr);
  bool set = SSL_set_min_proto_version(ssl, TLS1_3_VERSION) == 1 && SSL_set_num_tickets(ssl, 0) == 1;
  return set ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

bool configure(SSL_CTX* context, const Identity& identity) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_use_certificate(context, identity.certificate.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1;
}

}  // namespace

bool configure_server(ssl_ctx_st* context, const Identity& identity) {
  auto* session = reinterpret_cast<const unsigned char*>(kSessionContext);
  SSL_CTX_set_client_hello_cb(context, require_protocol, nullptr);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_verify(context, kDemandCertificate, nullptr);
  SSL_CTX_set_cert_verify_callback(context, take_any_peer, nullptr);
  return configure(context, identity) && SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_session_id_context(context, session, sizeof kSessionContext - 1) == 1;
}

void divert_peers(ssl_ctx_st* context, ssl_ctx_st* peers) {
  SSL_CTX_set_client_hello_cb(context, divert, peers);
}

bool configure_client(ssl_ctx_st* context, const Identity& identity, const AcceptsKey& accepts) {
  auto protocol = listed_protocol();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, ask_whether_accepted, const_cast<AcceptsKey*>(&accepts));
  // 0 is success here (SSL_CTX_set_alpn_protos(3)).
  return configure(context, identity) &&
         SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocol.data()),
                                 static_cast<unsigned>(protocol.size())) == 0;
}

bool is_peer_session(ssl_st* ssl) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &chosen, &size);
  return chosen && std::string_view(reinterpret_cast<const char*>(chosen), size) == kProtocol;
}

Result<Session> session_of(ssl_st* ssl) {
  auto certificate = certs::own(SSL_get1_peer_certificate(ssl));
  if (!certificate || !is_peer_session(ssl) || SSL_version(ssl) != TLS1_3_VERSION)
    return fail(ErrorCode::refused, "the other side does not speak as a peer does");
  Session session;
  TRY_ASSIGN(session.spki, spki_hash(certificate));
  if (SSL_export_keying_material(ssl, session.exporter.bytes.data(), session.exporter.bytes.size(),
                                 kExporterLabel.data(), kExporterLabel.size(), nullptr, 0, 0) != 1)
    return fail(certs::openssl_error("exporting keying material"));
  return session;
}

}  // namespace weir::peer
