// SPDX-License-Identifier: Apache-2.0
#include "upstream/certificate_names.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/address.h"

namespace weir::upstream {

bool certificate_names(const EasyHandle& easy, const std::string& host) {
  curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(easy.get(), CURLINFO_TLS_SSL_PTR, &session);
  if (!session || session->backend != CURLSSLBACKEND_OPENSSL || !session->internals) return false;
  auto* certificate = SSL_get0_peer_certificate(static_cast<SSL*>(session->internals));
  if (!certificate) return false;
  if (IpAddress::parse(host)) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  return X509_check_host(certificate, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

}  // namespace weir::upstream
