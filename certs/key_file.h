// SPDX-License-Identifier: Apache-2.0
// A private key in a file that nobody but its owner may use.  Blocking.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "certs/openssl_support.h"

namespace weir::certs {

// A key in PEM, in the clear.  Errors: io; invalid when the file is missing, encrypted or holds no key; refused when
// anybody but its owner may read or write it.
Result<PrivateKey> read_key_file(const std::filesystem::path& path);

}  // namespace weir::certs
