// SPDX-License-Identifier: Apache-2.0
#include "hub/route.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "http/target.h"
#include "http/text.h"
#include "hub/path_segments.h"

namespace weir::hub {
namespace {

using Segments = std::span<const std::string>;

constexpr size_t kMaxIdSegment = 255;
// Segments of an id, in the order in which they are tried: where both fit, the longer is meant, for ids of one are few
// and old.
constexpr std::array<size_t, 2> kIdSizes = {2, 1};

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

bool is_safe(std::string_view method) {
  return is_read(method) || method == "OPTIONS";
}

// Names of users, organisations and repositories: letters, digits, dashes, underscores and dots.
bool is_id_segment(std::string_view name) {
  return !name.empty() && name.size() <= kMaxIdSegment && http::all_are(name, http::kHostChar);
}

bool is_repo_id(Segments id) {
  return (id.size() == 1 || id.size() == 2) && std::all_of(id.begin(), id.end(), is_id_segment);
}

// Buckets have neither revisions nor a sha256.
bool is_bucket(Segments path) {
  return path[0] == "buckets";
}

// Takes the type off the front of a path of the web site: models have no word of their own there.
RepoType take_site_type(Segments& path) {
  auto type = path.empty() ? std::nullopt : repo_type_of(path[0]);
  if (!type || *type == RepoType::model) return RepoType::model;
  path = path.subspan(1);
  return *type;
}

Route route_to(RouteKind kind, RepoType type, Segments id) {
  return Route{kind, RepoFile{type, join_segments(id), "", ""}};
}

// {id}/resolve/{revision}/{path}
Route site_route(Segments path) {
  RepoType type = take_site_type(path);
  for (size_t id_size : kIdSizes) {
    if (path.size() < id_size + 3 || path[id_size] != "resolve" || !is_repo_id(path.first(id_size))) continue;
    Route route = route_to(RouteKind::resolve, type, path.first(id_size));
    route.file.revision = path[id_size + 1];
    route.file.path = join_segments(path.subspan(id_size + 2));
    return route;
  }
  return {};
}

// resolve-cache/{type}/{id}/{commit}/{path}, the first word taken off.
Route resolve_cache_route(Segments path) {
  auto type = path.empty() ? std::nullopt : repo_type_of(path[0]);
  if (!type) return {};
  path = path.subspan(1);
  for (size_t id_size : kIdSizes) {
    if (path.size() < id_size + 2 || !is_commit(path[id_size]) || !is_repo_id(path.first(id_size))) continue;
    Route route = route_to(RouteKind::resolve_cache, *type, path.first(id_size));
    route.file.revision = http::lower_case(path[id_size]);
    route.file.path = join_segments(path.subspan(id_size + 1));
    return route;
  }
  return {};
}

// Whether what follows the id in /api/{type}/{id}/... is of the read API.
bool is_listing_of_repo(std::string_view method, Segments rest) {
  if (rest.empty()) return is_read(method);
  if (rest[0] == "refs") return is_read(method) && rest.size() == 1;
  if (rest[0] == "revision" || rest[0] == "commits") return is_read(method) && rest.size() == 2;
  if (rest[0] == "tree") return is_read(method) && rest.size() >= 2;
  if (rest[0] == "paths-info") return (is_read(method) || method == "POST") && rest.size() == 2;
  return false;
}

// What a repository's info is about when no revision is asked for.
constexpr std::string_view kDefaultRevision = "main";

// {type}/{id}[/...]
Route listing_route(std::string_view method, Segments path) {
  auto type = path.empty() ? std::nullopt : repo_type_of(path[0]);
  if (!type) return {};
  path = path.subspan(1);
  for (size_t id_size : kIdSizes) {
    if (path.size() < id_size || !is_repo_id(path.first(id_size))) continue;
    if (!is_listing_of_repo(method, path.subspan(id_size))) continue;
    auto route = route_to(RouteKind::listing, *type, path.first(id_size));
    auto rest = path.subspan(id_size);
    if (rest.empty()) route.file.revision = kDefaultRevision;
    if (rest.size() >= 2) route.file.revision = rest[1];
    return route;
  }
  return {};
}

Route api_route(std::string_view method, Segments path) {
  if (!path.empty() && path[0] == "resolve-cache")
    return is_read(method) ? resolve_cache_route(path.subspan(1)) : Route{};
  return listing_route(method, path);
}

bool ends_with(Segments path, std::initializer_list<std::string_view> tail) {
  return path.size() > tail.size() && std::equal(tail.begin(), tail.end(), path.last(tail.size()).begin());
}

// {id}[.git]/..., where `id` is what stands before git's own words.
Route git_route(RouteKind kind, Segments id) {
  RepoType type = take_site_type(id);
  if (id.empty()) return {};
  std::vector<std::string> plain(id.begin(), id.end());
  if (plain.back().ends_with(".git")) plain.back().resize(plain.back().size() - 4);
  return is_repo_id(plain) ? route_to(kind, type, plain) : Route{};
}

Route git_route(std::string_view method, Segments path) {
  if (is_read(method) && ends_with(path, {"info", "refs"}))
    return git_route(RouteKind::git, path.first(path.size() - 2));
  if (method != "POST") return {};
  if (ends_with(path, {"git-upload-pack"}) || ends_with(path, {"git-receive-pack"}))
    return git_route(RouteKind::git, path.first(path.size() - 1));
  if (ends_with(path, {"info", "lfs", "objects", "batch"}))
    return git_route(RouteKind::lfs_batch, path.first(path.size() - 4));
  return {};
}

// The API takes one slash too many at the end; a file's path has none.
std::string_view without_slash_at_end(std::string_view target) {
  auto path = http::split_target(target).path;
  if (path.starts_with("/api/") && !path.starts_with("/api/resolve-cache/") && path.ends_with('/'))
    path.remove_suffix(1);
  return path;
}

Route hub_route(std::string_view method, std::string_view target) {
  auto segments = path_segments(without_slash_at_end(target));
  if (!segments) return {};
  Segments path(*segments);
  if (is_bucket(path)) return {};
  if (path[0] == "api") return api_route(method, path.subspan(1));
  Route route = git_route(method, path);
  if (route.kind == RouteKind::other && is_read(method)) route = site_route(path);
  return route;
}

// /v1/reconstructions/{hash} and /v2/...; clients of hf_xet 1.1 and 1.2 ask without the version, and in the singular.
Route cas_route(std::string_view method, std::string_view target) {
  auto segments = path_segments(target);
  if (!segments || !is_read(method)) return {};
  Segments path(*segments);
  if (path[0] == "v1" || path[0] == "v2") path = path.subspan(1);
  bool reads = path.size() == 2 && (path[0] == "reconstructions" || path[0] == "reconstruction");
  return Route{reads ? RouteKind::xet_download : RouteKind::other, {}};
}

Route route_by_role(Role role, std::string_view method, std::string_view target) {
  switch (role) {
    case Role::hub:
      return hub_route(method, target);
    case Role::cas:
      return cas_route(method, target);
    case Role::cdn:
      return Route{is_read(method) ? RouteKind::cdn_object : RouteKind::other, {}};
    case Role::api:
    case Role::other:
      break;
  }
  return {};
}

}  // namespace

std::string_view name_of(RouteKind kind) {
  switch (kind) {
    case RouteKind::resolve:
      return "resolve";
    case RouteKind::resolve_cache:
      return "resolve_cache";
    case RouteKind::listing:
      return "listing";
    case RouteKind::lfs_batch:
      return "lfs_batch";
    case RouteKind::cdn_object:
      return "cdn_object";
    case RouteKind::xet_download:
      return "xet_download";
    case RouteKind::git:
      return "git";
    case RouteKind::upload:
      return "upload";
    case RouteKind::other:
      break;
  }
  return "other";
}

Route classify(Role role, std::string_view method, std::string_view target) {
  Route route = route_by_role(role, method, target);
  if (route.kind == RouteKind::other && !is_safe(method)) route.kind = RouteKind::upload;
  return route;
}

}  // namespace weir::hub
