// SPDX-License-Identifier: Apache-2.0
#include "upstream/certificate_verdict.h"

#include <openssl/ssl.h>

namespace weir::upstream {
namespace {

int place_of_watcher() {
  static const int place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return place;
}

}  // namespace

void CertificateVerdict::watch(EasyHandle& easy) {
  easy.set(CURLOPT_SSL_CTX_FUNCTION, &CertificateVerdict::on_context);
  easy.set(CURLOPT_SSL_CTX_DATA, this);
}

CURLcode CertificateVerdict::on_context(CURL*, void* context, void* self) {
  auto* tls = static_cast<SSL_CTX*>(context);
  if (SSL_CTX_set_ex_data(tls, place_of_watcher(), self) != 1) return CURLE_OUT_OF_MEMORY;
  // The connection may outlive this object; its handshake must not.
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(tls, SSL_CTX_get_verify_mode(tls), &CertificateVerdict::on_certificate);
  return CURLE_OK;
}

int CertificateVerdict::on_certificate(int trusted, x509_store_ctx_st* chain) {
  if (trusted) return trusted;
  auto* tls = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* self = static_cast<CertificateVerdict*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), place_of_watcher()));
  self->result_ = X509_STORE_CTX_get_error(chain);
  return trusted;
}

}  // namespace weir::upstream
