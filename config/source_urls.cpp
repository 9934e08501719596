// SPDX-License-Identifier: Apache-2.0
#include "config/source_urls.h"

#include <algorithm>

#include "http/target.h"
#include "http/text.h"

namespace weir::config {
namespace {

constexpr uint16_t kPeerPort = 9347;

uint16_t default_port(const http::Url& url) {
  return url.scheme == "http" ? 80 : 443;
}

// Takes each {part} that a template may have out of it.
std::string without_parts(std::string text) {
  for (auto part : upstream::kTemplateParts)
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part)) text.erase(at, part.size());
  return text;
}

}  // namespace

bool take_source_url(upstream::SourceOptions& source, const std::string& text) {
  auto url = http::parse_url(text);
  if (!url || text.find_first_of("?#") != std::string::npos) return false;
  while (url->target.ends_with('/')) url->target.pop_back();
  source.url = Secret(url->scheme + "://" + url->authority().text(default_port(*url)) + url->target);
  source.place = url->authority().text(default_port(*url));
  return true;
}

bool take_template(upstream::SourceOptions& source, const std::string& text) {
  source.url_template = text;
  auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  constexpr std::string_view kPrefix = "{prefix}";
  if (!text.starts_with(kPrefix) || !(has("{sha256}") || has("{cdn_path}"))) return false;
  auto behind = text.substr(kPrefix.size());
  // What stands directly behind the prefix must not make its host longer.
  if (!behind.starts_with('/') && !behind.starts_with("{cdn_path}")) return false;
  auto rest = without_parts(behind);
  return rest.find_first_of("{}") == std::string::npos && http::all_are(rest, http::kTargetChar);
}

bool take_peer_host(upstream::SourceOptions& source, const std::string& text) {
  auto authority = http::parse_host(text, kPeerPort);
  if (!authority) return false;
  source.place = authority->text();
  source.url = Secret("https://" + source.place);
  return true;
}

bool is_safe(const std::string& url, const upstream::ReachOptions& reach) {
  auto parsed = http::parse_url(url);
  if (!parsed || parsed->scheme == "https") return parsed.has_value();
  auto address = IpAddress::parse(parsed->host);
  return address && !address->is_public() && any_contains(reach.allow_private, *address);
}

std::string host_of(const std::string& url) {
  auto parsed = http::parse_url(url);
  return parsed ? parsed->host : "";
}

std::string without_path(const std::string& url) {
  auto behind_scheme = url.find("://");
  auto path = behind_scheme == std::string::npos ? behind_scheme : url.find('/', behind_scheme + 3);
  return path == std::string::npos ? url : url.substr(0, path) + "/***";
}

std::string without_query(const std::string& url_template) {
  auto query = url_template.find('?');
  return query == std::string::npos ? url_template : url_template.substr(0, query) + "?***";
}

}  // namespace weir::config
