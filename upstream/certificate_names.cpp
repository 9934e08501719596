// SPDX-License-Identifier: Apache-2.0
#include "upstream/certificate_names.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/address.h"

namespace weir::upstream {

bool certificate_names(const EasyHandle& easy, const std::string& host) {
  auto* tls = easy.tls();
  auto* certificate = tls ? SSL_get0_peer_certificate(tls) : nullptr;
  if (!certificate) return false;
  if (IpAddress::parse(host)) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  return X509_check_host(certificate, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

}  // namespace weir::upstream
