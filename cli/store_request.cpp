// SPDX-License-Identifier: Apache-2.0
#include "cli/store_request.h"

#include <fmt/core.h>

#include "base/log.h"
#include "cli/local_http.h"

namespace weir::cli {
namespace {

// A collection removes many files.
constexpr Duration kTimeout{600'000};

ErrorCode code_of(int status) {
  if (status == 400) return ErrorCode::invalid;
  return status == 403 ? ErrorCode::refused : ErrorCode::io;
}

}  // namespace

Result<std::string> ask_server(const config::Config& config, const RunningServer& server, StoreRequest request,
                               const std::string& path) {
  if (!server.address)
    return fail(ErrorCode::io, holder(server) + " holds the store, but has not said where it listens");
  auto contact = contact_of(config, *server.address);
  auto answer =
      request == StoreRequest::read ? local_get(contact, path, kTimeout) : local_post(contact, path, kTimeout);
  if (!answer) return fail(answer.error().in(fmt::format("asking the proxy at {}", server.address->text())));
  if (answer->status == 200) return std::move(answer->body);
  auto sentence = log::escaped(answer->body.substr(0, answer->body.find('\n')));
  return fail(code_of(answer->status),
              fmt::format("the proxy at {} answers with {}: {}", server.address->text(), answer->status, sentence));
}

}  // namespace weir::cli
