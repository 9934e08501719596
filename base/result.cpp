// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace weir {
namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::no_space;
    case EROFS:
      return ErrorCode::read_only;
    case EMFILE:
    case ENFILE:
      return ErrorCode::no_descriptors;
    default:
      return ErrorCode::io;
  }
}

}  // namespace

Error Error::in(std::string_view context) const {
  return Error{code, std::string(context) + ": " + message};
}

Error errno_error(std::string_view what, int error_number) {
  // std::generic_category is thread-safe where strerror is not.
  return Error{code_of(error_number), std::string(what) + ": " + std::generic_category().message(error_number)};
}

Error errno_error(std::string_view what) {
  return errno_error(what, errno);
}

}  // namespace weir
