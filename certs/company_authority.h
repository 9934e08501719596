// SPDX-License-Identifier: Apache-2.0
// The CA of a company in the place of Weir's own: a certificate that the company has signed, with what stands above it,
// and its key.  Weir reads both and changes neither.  Blocking.
#pragma once

#include <filesystem>

#include "base/clock.h"
#include "base/result.h"
#include "certs/signing_chain.h"

namespace weir::certs {

// `certificates` (PEM) has the signing CA first, then who issued it, and so on, with the root or without.  Errors: io;
// refused when others may use the key; invalid for all that would make clients refuse a leaf, with what to do: the
// order, the key, times, CA:TRUE, keyCertSign, the path length, weak keys and hashes.  Whether the CA may sign for a
// host is not judged here.
Result<SigningChain> read_company_authority(const std::filesystem::path& certificates, const std::filesystem::path& key,
                                            WallTime now);

}  // namespace weir::certs
