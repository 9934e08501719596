// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_url.h"

#include <utility>

#include "hub/route.h"

namespace weir::upstream {
namespace {

void replace_all(std::string& text, std::string_view part, std::string_view by) {
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + by.size()))
    text.replace(at, part.size(), by);
}

// The template's path and query; "" when it needs a path of the CDN that is not known.
std::string expanded(std::string text, const BlobNames& blob) {
  auto hex = blob.digest.hex();
  if (text.find("{cdn_path}") != std::string::npos && blob.cdn_path.empty()) return "";
  replace_all(text, "{cdn_path}", blob.cdn_path);
  replace_all(text, "{sha256}", hex);
  replace_all(text, "{sha256:0:2}", hex.substr(0, 2));
  replace_all(text, "{sha256:2:2}", hex.substr(2, 2));
  return text;
}

std::optional<std::string> url_text(const SourceOptions& source, const BlobNames& blob) {
  constexpr std::string_view kPrefix = "{prefix}";
  const auto& base = source.url.reveal();
  switch (source.kind) {
    case SourceKind::origin:
      break;
    case SourceKind::mirror:
      if (blob.file) return base + hub::resolve_path(*blob.file);
      break;
    case SourceKind::storj:
      if (auto path = expanded(source.url_template.substr(kPrefix.size()), blob); !path.empty()) return base + path;
      break;
    case SourceKind::peer:
      return base + "/-/blob/sha256/" + blob.digest.hex();
  }
  return std::nullopt;
}

std::optional<hub::RepoFile> file_of(const hub::SharedGrant& grant) {
  const auto* request = grant ? std::get_if<hub::ResolveRequest>(&grant->accepted_for) : nullptr;
  auto url = request ? http::parse_url(request->url) : http::refuse(400, "");
  if (!url) return std::nullopt;
  auto route = hub::classify(hub::Role::hub, "GET", url->target);
  if (route.kind != hub::RouteKind::resolve && route.kind != hub::RouteKind::resolve_cache) return std::nullopt;
  return std::move(route.file);
}

}  // namespace

BlobNames names_of(const JoinRequest& request) {
  BlobNames names{request.digest, "", file_of(request.grant)};
  auto path = http::split_target(request.source.target).path;
  if (path.ends_with("/" + request.digest.hex())) names.cdn_path = path;
  return names;
}

std::optional<http::Url> source_url(const SourceOptions& source, const BlobNames& blob) {
  auto text = url_text(source, blob);
  auto url = text ? http::parse_url(*text) : http::refuse(400, "");
  return url ? std::optional(std::move(*url)) : std::nullopt;
}

}  // namespace weir::upstream
