// SPDX-License-Identifier: Apache-2.0
// Why a certificate was not trusted, where libcurl cannot say: within a TLS connection to a parent proxy, the alert
// that answers a bad certificate goes out through the outer connection, which clears OpenSSL's queue of errors before
// libcurl reads it (tried with 7.88 and OpenSSL 3.0).
#pragma once

#include "upstream/curl_handle.h"

struct x509_store_ctx_st;

namespace weir::upstream {

class CertificateVerdict {
 public:
  CertificateVerdict() = default;
  CertificateVerdict(const CertificateVerdict&) = delete;
  CertificateVerdict& operator=(const CertificateVerdict&) = delete;

  // Listens to the handshakes of the handle, and changes nothing in what they find.  This object must outlive them.
  void watch(EasyHandle& easy);
  // The last X509_V_ERR_ code that ended one; X509_V_OK: none.
  long result() const { return result_; }

 private:
  static CURLcode on_context(CURL* easy, void* context, void* self);
  static int on_certificate(int trusted, x509_store_ctx_st* chain);

  long result_ = 0;
};

}  // namespace weir::upstream
