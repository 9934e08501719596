// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir::certs {

struct Options {
  std::filesystem::path folder;    // holds ca.pem and ca.key; made when it is missing
  std::vector<std::string> hosts;  // DNS names; each stands for itself and all names under it
  // A company's CA in the place of Weir's own: PEM files, both or none (empty).
  std::filesystem::path company_certificates = {};
  std::filesystem::path company_key = {};
};

}  // namespace weir::certs
