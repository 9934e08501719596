// SPDX-License-Identifier: Apache-2.0
// What the stores of trusted certificates on a machine have in common: the system's (system_store.h) and those of
// browsers (browser_store.h).  Weir's certificates stand there under their marks, and nothing else is ever touched.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace weir::cli {

// A certificate that clients are to trust.
struct TrustedCertificate {
  std::string mark;  // certs::mark_of: what it is called in the stores
  std::string der;
};

// Errors: invalid for what is no certificate.
Result<TrustedCertificate> trusted_certificate(const std::string& der);

enum class Change {
  made,        // added, or removed
  not_needed,  // it was there already, or it was not there
  not_tried,   // for want of rights or of a tool; the store says what to do
};

// Whether one of the certificates in a PEM text is this one.
bool holds(const std::string& pem_text, const TrustedCertificate& certificate);

}  // namespace weir::cli
