// SPDX-License-Identifier: Apache-2.0
// Reminds of a CA's end in the log, when the proxy starts and each day.  On the loop's thread.
#pragma once

#include "base/loop.h"
#include "certs/certificate_authority.h"

namespace weir::cli {

class CaWatch {
 public:
  // Logs at once what there is to warn about.  Both must outlive this.
  CaWatch(Loop& loop, const certs::CertificateAuthority& authority);

 private:
  void remind();

  const certs::CertificateAuthority& authority_;
  Timer timer_;
};

}  // namespace weir::cli
