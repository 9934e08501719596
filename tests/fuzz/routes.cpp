// SPDX-License-Identifier: Apache-2.0
// Routes: a byte that picks the role, one that picks the method, then a target.
#include "hub/route.h"

#include <array>
#include <string>

#include "http/target.h"
#include "http/text.h"
#include "hub/mirror_urls.h"
#include "hub/path_segments.h"
#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;
using hub::RouteKind;

constexpr std::array<hub::Role, 5> kRoles = {hub::Role::hub, hub::Role::api, hub::Role::cas, hub::Role::cdn,
                                             hub::Role::other};
constexpr std::array<std::string_view, 6> kMethods = {"GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"};

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

// No other reader could take it for another path.
void require_clean(std::string_view path) {
  for (char c : path)
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\', "a name holds no control character");
  for (std::string rest(path); !rest.empty();) {
    auto segment = rest.substr(0, rest.find('/'));
    require(!segment.empty() && segment != "." && segment != "..", "a name holds no dot segment");
    rest.erase(0, std::min(segment.size() + 1, rest.size()));
  }
}

// The one spelling of a file at a revision.
std::string resolve_target(const hub::RepoFile& file) {
  std::string type = file.type == hub::RepoType::model ? "" : std::string(hub::plural_of(file.type)) + "/";
  return "/" + type + file.repo + "/resolve/" + http::percent_encode(file.revision) + "/" +
         http::percent_encode(file.path);
}

void check_resolve(hub::Role role, std::string_view method, const hub::Route& route) {
  require(role == hub::Role::hub && is_read(method), "files are read, at the hub");
  require(!route.file.repo.empty() && !route.file.revision.empty() && !route.file.path.empty(), "a file has a name");
  for (const auto* part : {&route.file.repo, &route.file.revision, &route.file.path}) require_clean(*part);
  if (route.kind == RouteKind::resolve)
    require(hub::classify(role, method, resolve_target(route.file)) == route,
            "a file's name survives being written and read again");
}

// What stands for a host's target is read again as that.
void check_mirrored(std::string_view target) {
  auto named = hub::parse_mirrored(target);
  if (!named || !http::all_are(target, http::kTargetChar)) return;
  hub::MirrorUrls urls("", "", [](std::string_view) { return true; });
  auto url = urls.at_mirror("https://" + named->host + named->target);
  require(url && hub::parse_mirrored(*url) == named, "a mirrored URL survives being written and read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  auto role = kRoles.at(input.byte() % kRoles.size());
  auto method = kMethods.at(input.byte() % kMethods.size());
  auto target = input.rest();
  hub::path_segments(target);
  hub::path_fault(target);
  check_mirrored(target);
  auto route = hub::classify(role, method, target);
  if (route.kind == RouteKind::resolve || route.kind == RouteKind::resolve_cache) check_resolve(role, method, route);
  if (route.kind == RouteKind::cdn_object) require(role == hub::Role::cdn && is_read(method), "objects are the CDN's");
  if (route.kind == RouteKind::lfs_batch) require(role == hub::Role::hub && method == "POST", "batches are posted");
  if (target.find('?') == std::string_view::npos)
    require(hub::classify(role, method, std::string(target) + "?download=true") == route,
            "a query does not change the route");
  return 0;
}
