// SPDX-License-Identifier: Apache-2.0
#include "cli/parent.h"

#include <fmt/core.h>
#include <ifaddrs.h>

#include <algorithm>
#include <memory>

#include "http/text.h"

namespace weir::cli {
namespace {

using upstream::ParentProxy;
using Source = upstream::ProxySetting::Source;

bool is_own(const ParentProxy& proxy, const std::vector<Endpoint>& own) {
  return std::any_of(own.begin(), own.end(), [&](const Endpoint& endpoint) { return leads_to(proxy, endpoint); });
}

bool has_foreign_scheme(std::string_view url) {
  if (url.find("://") == std::string_view::npos) return false;
  url = http::trim(url);
  return !http::starts_with_ignoring_case(url, "http://") && !http::starts_with_ignoring_case(url, "https://");
}

std::string unusable(const NamedProxy& named, const Error& error) {
  if (has_foreign_scheme(named.url))
    return fmt::format("{} names no http:// or https:// proxy: Weir does without it", named.variable);
  return fmt::format("{}; Weir does without it", error.in(named.variable).message);
}

void choose_from_environment(ParentChoice& choice, const Environment& found, const std::vector<Endpoint>& own) {
  for (const auto& named : users_proxies(found)) {
    auto proxy = ParentProxy::parse(named.url);
    if (!proxy) {
      choice.warnings.push_back(unusable(named, proxy.error()));
    } else if (is_own(*proxy, own)) {
      choice.warnings.push_back(
          fmt::format("{} names this very Weir, which is not its own proxy: Weir does without it", named.variable));
    } else {
      choice.route.proxy = *std::move(proxy);
      choice.source = named.variable;
      return;
    }
  }
}

Result<void> choose_configured(ParentChoice& choice, const Secret& url, const std::vector<Endpoint>& own) {
  auto proxy = ParentProxy::parse(url.reveal());
  if (!proxy) return fail(proxy.error().in("origin.proxy"));
  if (is_own(*proxy, own))
    return fail(ErrorCode::invalid, "origin.proxy: expected another proxy than this very Weir, or \"none\"");
  choice.route.proxy = *std::move(proxy);
  choice.source = "origin.proxy";
  return {};
}

}  // namespace

Result<ParentChoice> choose_parent(const upstream::ProxySetting& setting, const Environment& found,
                                   const std::vector<Endpoint>& own) {
  ParentChoice choice;
  choice.route.except = upstream::NoProxy(users_no_proxy(found));
  switch (setting.source) {
    case Source::environment:
      choose_from_environment(choice, found, own);
      break;
    case Source::url:
      TRY(choose_configured(choice, setting.url, own));
      break;
    case Source::none:
      break;
  }
  return choice;
}

std::vector<Endpoint> own_endpoints(const Endpoint& listening) {
  std::vector<Endpoint> own{listening};
  bool everywhere = listening.address == IpAddress() || listening.address == *IpAddress::parse("0.0.0.0");
  ifaddrs* first = nullptr;
  if (!everywhere || ::getifaddrs(&first) != 0) return own;
  std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  for (auto* each = first; each; each = each->ifa_next) {
    auto address = each->ifa_addr ? IpAddress::from_sockaddr(*each->ifa_addr) : std::nullopt;
    if (address) own.push_back({*address, listening.port});
  }
  return own;
}

}  // namespace weir::cli
