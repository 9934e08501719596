// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace weir {

Error Error::in(std::string_view context) const {
  return Error{code, std::string(context) + ": " + message};
}

Error errno_error(std::string_view what, int error_number) {
  bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  // std::generic_category is thread-safe where strerror is not.
  return Error{full ? ErrorCode::no_space : ErrorCode::io,
               std::string(what) + ": " + std::generic_category().message(error_number)};
}

Error errno_error(std::string_view what) {
  return errno_error(what, errno);
}

}  // namespace weir
