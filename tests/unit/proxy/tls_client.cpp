// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/proxy/tls_client.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <csignal>
#include <stdexcept>

namespace weir::proxy {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

void trust(SSL_CTX* context, const std::string& pem) {
  std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  std::unique_ptr<X509, void (*)(X509*)> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr),
                                                     X509_free);
  require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) == 1, "X509_STORE_add_cert");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

std::string in_alpn_form(const std::vector<std::string>& protocols) {
  std::string list;
  for (const auto& protocol : protocols) list += static_cast<char>(protocol.size()) + protocol;
  return list;
}

std::shared_ptr<ssl_ctx_st> make_context(const TlsClientOptions& options) {
  std::shared_ptr<ssl_ctx_st> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (options.version != 0) {
    SSL_CTX_set_min_proto_version(context.get(), options.version);
    SSL_CTX_set_max_proto_version(context.get(), options.version);
    SSL_CTX_set_security_level(context.get(), 0);  // else it would not even offer the old versions
  }
  if (options.fragment != 0)
    require(SSL_CTX_set_tlsext_max_fragment_length(context.get(), static_cast<uint8_t>(options.fragment)) == 1,
            "SSL_CTX_set_tlsext_max_fragment_length");
  if (!options.suites.empty())
    require(SSL_CTX_set_cipher_list(context.get(), options.suites.c_str()) == 1, "SSL_CTX_set_cipher_list");
  if (!options.trusted.empty()) trust(context.get(), options.trusted);
  return context;
}

}  // namespace

TlsClient::TlsClient(UniqueFd fd, const TlsClientOptions& options)
    : fd_(std::move(fd)), context_(make_context(options)), tls_(SSL_new(context_.get()), SSL_free) {
  std::signal(SIGPIPE, SIG_IGN);
  SSL_set_fd(tls_.get(), fd_.get());
  SSL_set_connect_state(tls_.get());
  if (!options.server_name.empty()) {
    SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(options.server_name.c_str()));
    SSL_set1_host(tls_.get(), options.server_name.c_str());
  }
  auto alpn = in_alpn_form(options.protocols);
  if (!alpn.empty())
    SSL_set_alpn_protos(tls_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
  if (options.session) require(SSL_set_session(tls_.get(), options.session.get()) == 1, "SSL_set_session");
}

void TlsClient::note_failure() {
  failed_ = true;
  auto code = ERR_peek_last_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  failure_ = reason ? reason : "closed";
}

bool TlsClient::shake_hands() {
  if (SSL_is_init_finished(tls_.get())) return true;
  if (failed_) return false;
  ERR_clear_error();
  int returned = SSL_do_handshake(tls_.get());
  if (returned == 1) return true;
  int error = SSL_get_error(tls_.get(), returned);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) note_failure();
  return false;
}

bool TlsClient::send(std::string_view bytes) {
  size_t put = 0;
  ERR_clear_error();
  return SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &put) == 1 && put == bytes.size();
}

std::string TlsClient::read() {
  std::string text;
  char bytes[16 << 10];
  for (;;) {
    size_t got = 0;
    ERR_clear_error();
    int returned = SSL_read_ex(tls_.get(), bytes, sizeof bytes, &got);
    if (returned == 1) {
      text.append(bytes, got);
      continue;
    }
    int error = SSL_get_error(tls_.get(), returned);
    if (error == SSL_ERROR_ZERO_RETURN) {
      ended_ = true;
    } else if (error != SSL_ERROR_WANT_READ) {
      note_failure();
    }
    return text;
  }
}

void TlsClient::end() {
  SSL_shutdown(tls_.get());
}

std::string TlsClient::protocol() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls_.get(), &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

std::string TlsClient::suite() const {
  return SSL_get_cipher_name(tls_.get());
}

int TlsClient::version() const {
  return SSL_version(tls_.get());
}

bool TlsClient::resumed() const {
  return SSL_session_reused(tls_.get()) == 1;
}

std::shared_ptr<ssl_session_st> TlsClient::session() const {
  return {SSL_get1_session(tls_.get()), SSL_SESSION_free};
}

std::string TlsClient::certificate() const {
  std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(tls_.get()), X509_free);
  unsigned char* der = nullptr;
  int size = i2d_X509(certificate.get(), &der);
  require(size > 0, "i2d_X509");
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

TlsFixture::TlsFixture()
    : authority(certs::CertificateAuthority::open_or_create({folder / "ca", {"huggingface.co", "hf.co"}}).value()),
      leaves(*authority),
      contexts(leaves) {}

}  // namespace weir::proxy
