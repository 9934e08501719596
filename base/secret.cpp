// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <openssl/crypto.h>

namespace weir {

void Secret::wipe() {
  // capacity, not size: a shorter value that was assigned later must not leave the tail of a longer one behind.
  value_.resize(value_.capacity());
  OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

}  // namespace weir
