// SPDX-License-Identifier: Apache-2.0
#include "hub/mirror_urls.h"

#include <utility>

#include "http/link.h"

namespace weir::hub {
namespace {

constexpr uint16_t kHttpsPort = 443;

}  // namespace

std::optional<MirroredTarget> parse_mirrored(std::string_view target) {
  if (!target.starts_with(kMirroredHosts)) return std::nullopt;
  target.remove_prefix(kMirroredHosts.size());
  auto host = target.substr(0, target.find_first_of("/?"));
  target.remove_prefix(host.size());
  auto authority = http::parse_host(host, kHttpsPort);
  if (!authority || authority->is_address || authority->host != host) return std::nullopt;
  return MirroredTarget{authority->host, (target.starts_with('/') ? "" : "/") + std::string(target)};
}

std::optional<std::string> MirrorUrls::at_mirror(std::string_view url) const {
  auto parsed = http::parse_url(url);
  if (!parsed || parsed->scheme != "https" || parsed->port != kHttpsPort || parsed->is_address) return std::nullopt;
  if (parsed->host == hub_) return base_ + parsed->target;
  if (!serves_(parsed->host)) return std::nullopt;
  return base_ + std::string(kMirroredHosts) + parsed->host + parsed->target;
}

void MirrorUrls::rewrite(http::Fields& answer) const {
  if (auto* location = answer.find("Location"))
    if (auto renamed = at_mirror(*location)) answer.set("Location", *renamed);
  http::rename_link_targets(answer, [this](std::string_view url) { return at_mirror(url); });
}

}  // namespace weir::hub
