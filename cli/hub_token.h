// SPDX-License-Identifier: Apache-2.0
// The token that the hub's own tools would use.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "config/locations.h"

namespace weir::cli {

// HF_TOKEN, else what stands in the file of HF_TOKEN_PATH, of $HF_HOME/token, or of huggingface/token in
// $XDG_CACHE_HOME or ~/.cache; empty without any.  Read, never kept.  Errors: io; invalid for what is no token.
Result<Secret> find_hub_token(const config::Environment& environment);

}  // namespace weir::cli
