// SPDX-License-Identifier: Apache-2.0
#include "cli/trust_store.h"

#include <algorithm>

#include "certs/authority_files.h"

namespace weir::cli {

Result<TrustedCertificate> trusted_certificate(const std::string& der) {
  TRY_ASSIGN(auto certificate, certs::from_der(der));
  TRY_ASSIGN(auto fingerprint, certs::fingerprint_of(certificate));
  return TrustedCertificate{certs::mark_of(fingerprint), der};
}

bool holds(const std::string& pem_text, const TrustedCertificate& certificate) {
  auto ders = certs::certificates_in(pem_text);
  return ders && std::find(ders->begin(), ders->end(), certificate.der) != ders->end();
}

}  // namespace weir::cli
