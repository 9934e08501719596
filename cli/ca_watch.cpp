// SPDX-License-Identifier: Apache-2.0
#include "cli/ca_watch.h"

#include "base/log.h"

namespace weir::cli {
namespace {

constexpr Duration kDay = std::chrono::hours{24};

}  // namespace

CaWatch::CaWatch(Loop& loop, const certs::CertificateAuthority& authority)
    : authority_(authority), timer_(loop, [this] { remind(); }) {
  remind();
}

void CaWatch::remind() {
  for (const auto& warning : authority_.warnings(wall_now())) log::warning("{}", warning);
  timer_.start(kDay);
}

}  // namespace weir::cli
