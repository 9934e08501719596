// SPDX-License-Identifier: Apache-2.0
#include "cli/verdict_request.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "cli/local_http.h"
#include "proxy/verify_exchange.h"

namespace weir::cli {
namespace {

// For one blob.
constexpr Duration kTimeout{12 * 60 * 60 * 1000};

Result<cas::Verdict> verdict_in(const std::string& body) {
  auto json = nlohmann::json::parse(body, nullptr, false);
  auto name = json.is_object() ? json.value("verdict", "") : "";
  for (auto verdict : {cas::Verdict::right, cas::Verdict::wrong, cas::Verdict::unreadable, cas::Verdict::absent})
    if (name == proxy::name_of(verdict)) return verdict;
  return fail(ErrorCode::io, "the proxy's answer is no verdict");
}

}  // namespace

Result<cas::Verdict> ask_verdict(const ProxyContact& contact, const Sha256& digest, IfUnreadable unreadable, int stop) {
  auto path =
      "/-/verify?sha256=" + digest.hex() + (unreadable == IfUnreadable::quarantine ? "&unreadable=quarantine" : "");
  TRY_ASSIGN(auto answer, local_post(contact, path, kTimeout, stop));
  if (answer.status == 200) return verdict_in(answer.body);
  auto sentence = log::escaped(answer.body.substr(0, answer.body.find('\n')));
  return fail(ErrorCode::io,
              fmt::format("the proxy at {} answers with {}: {}", contact.endpoint.text(), answer.status, sentence));
}

}  // namespace weir::cli
