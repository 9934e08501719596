// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <openssl/rand.h>

#include <cstdlib>

#include "base/log.h"

namespace weir {

std::string random_bytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    log::error("the system gives no random bytes");
    std::abort();
  }
  return bytes;
}

}  // namespace weir
