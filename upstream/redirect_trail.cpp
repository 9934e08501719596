// SPDX-License-Identifier: Apache-2.0
#include "upstream/redirect_trail.h"

#include <algorithm>

namespace weir::upstream {
namespace {

constexpr uint16_t kHttpsPort = 443;

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::optional<std::string> RedirectTrail::refusal(const http::Url& next) const {
  if (!is_intercepted_) {
    bool stays = next.scheme == place_.scheme && next.authority() == place_.authority();
    if (next.scheme == "https" || stays) return std::nullopt;
    return "it redirects to " + next.host + ", but not by https";
  }
  if (next.scheme != "https" || next.port != kHttpsPort)
    return "it redirects to " + next.host + ", but not by https on port 443";
  if (!is_intercepted_(next.host)) return "it redirects to " + next.host + ", which is not intercepted";
  return std::nullopt;
}

std::optional<std::string> RedirectTrail::follow(const http::ResponseHead& answer) {
  auto locations = answer.fields.all("Location");
  bool single = !locations.empty() &&
                std::all_of(locations.begin(), locations.end(), [&](auto each) { return each == locations.front(); });
  auto next = single ? http::resolve_url(place_, locations.front()) : http::refuse(502, "");
  if (!next) return "it redirects to no URL that can be read";
  if (auto trouble = refusal(*next)) return trouble;
  if (hops_ == kMaxHops) return "it redirects more than " + std::to_string(kMaxHops) + " times";
  ++hops_;
  place_ = std::move(*next);
  return std::nullopt;
}

}  // namespace weir::upstream
