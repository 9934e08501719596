// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error.  Errors carry a code that callers decide on and a message that a person reads;
// context is added on the way up.  Absence is std::optional, never an error.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace weir {

enum class ErrorCode {
  invalid,          // input or configuration that does not fit its grammar
  io,               // the operating system refused a read, write or rename
  no_space,         // disk full or quota
  over_limit,       // a limit of the configuration leaves no room
  read_only,        // the file system takes no change
  no_descriptors,   // the process, or the system, has no file descriptor left
  digest_mismatch,  // bytes do not match the digest or length that they were promised to have
  busy,             // somebody else holds it (a store's lock, a port)
  unsupported,      // a newer format or a feature that is not there
  origin,           // the origin broke the protocol, or the connection to it
  timeout,
  refused,  // a policy of ours forbids it
  cancelled,
};

struct Error {
  ErrorCode code = ErrorCode::io;
  std::string message;

  bool operator==(const Error&) const = default;

  // The same error with "context: " in front of its message.
  Error in(std::string_view context) const;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// An Error from errno: no_space for ENOSPC, EDQUOT and EFBIG, read_only for EROFS, no_descriptors for EMFILE and
// ENFILE, io for all else.  `what` says what was tried, with the path.
Error errno_error(std::string_view what, int error_number);
Error errno_error(std::string_view what);

}  // namespace weir

#define WEIR_CONCAT_(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_(a, b)

// Returns the error of `expression` from the enclosing function, if it has one.
#define TRY(expression)                                                                     \
  do {                                                                                      \
    auto try_result_ = (expression);                                                        \
    if (!try_result_) return tl::unexpected<::weir::Error>(std::move(try_result_).error()); \
  } while (false)

// TRY_ASSIGN(auto file, open(path)): declares or assigns the value, or returns the error.
#define TRY_ASSIGN(target, expression) TRY_ASSIGN_(WEIR_CONCAT(try_assign_, __LINE__), target, expression)
#define TRY_ASSIGN_(temporary, target, expression)                                    \
  auto temporary = (expression);                                                      \
  if (!temporary) return tl::unexpected<::weir::Error>(std::move(temporary).error()); \
  target = std::move(*temporary)
