// SPDX-License-Identifier: Apache-2.0
#include "cli/own_page.h"

#include <fmt/core.h>

#include "base/log.h"
#include "cli/local_http.h"

namespace weir::cli {
namespace {

constexpr Duration kTimeout{10'000};

}  // namespace

Result<std::string> read_own_page(const config::Config& config, const RunningServer& server, std::string_view path) {
  if (!server.address)
    return fail(ErrorCode::io, holder(server) + " holds the store, but has not said where it listens");
  auto answered = local_get(contact_of(config, *server.address), path, kTimeout);
  if (!answered && answered.error().code == ErrorCode::refused) return fail(answered.error());
  if (!answered)
    return fail(
        answered.error().in(holder(server) + " holds the store and is starting or ending; ask again in a moment"));
  auto& answer = *answered;
  if (answer.status == 403)
    return fail(ErrorCode::refused,
                fmt::format("the proxy at {} shows its own pages to this machine's loopback addresses and "
                            "those in proxy.admin_allow alone",
                            server.address->text()));
  if (answer.status != 200)
    return fail(ErrorCode::io, fmt::format("the proxy at {} answers with {}: {}", server.address->text(), answer.status,
                                           log::escaped(answer.body.substr(0, answer.body.find('\n')))));
  return answer.body + (answer.body.ends_with('\n') ? "" : "\n");
}

}  // namespace weir::cli
