// SPDX-License-Identifier: Apache-2.0
#include "hub/regular_file.h"

#include <algorithm>
#include <array>
#include <string>

#include "http/conditional.h"
#include "http/hop_by_hop.h"
#include "http/target.h"
#include "http/text.h"
#include "hub/xet.h"

namespace weir::hub {
namespace {

constexpr std::array<std::string_view, 22> kKept = {
    "Content-Type",
    "Content-Disposition",
    "Content-Language",
    "Content-Security-Policy",
    "Cache-Control",
    "Last-Modified",
    "Vary",
    "Accept-Ranges",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Repo-Commit",
    "X-Linked-ETag",
    "X-Linked-Size",
    "X-Powered-By",
};

// A 304 has no body, so what it says about one is about none.
constexpr std::array<std::string_view, 6> kOfTheEmptyBody = {
    "Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "ETag", "Alt-Svc",
};

bool is_kept(const http::Field& field) {
  return std::any_of(kKept.begin(), kKept.end(),
                     [&field](std::string_view name) { return http::equals_ignoring_case(field.name, name); });
}

}  // namespace

bool was_confirmed(const RegularFile& file) {
  return !file.fields.empty();
}

std::optional<Sha1> git_id_in_etag(std::string_view etag) {
  return Sha1::from_hex(http::lower_case(http::unquoted_entity_tag(etag)));
}

Sha1Hasher git_blob_hasher(uint64_t size) {
  Sha1Hasher hasher;
  hasher.update("blob " + std::to_string(size) + '\0');
  return hasher;
}

std::string git_etag(const Sha1& git_id) {
  return '"' + git_id.hex() + '"';
}

ObjectName regular_file_name(std::string_view host, const RepoFile& file) {
  return object_name(host, "/api/resolve-cache/" + std::string(plural_of(file.type)) + "/" + file.repo + "/" +
                               http::lower_case(file.revision) + "/" + http::percent_encode(file.path, "/"));
}

http::Fields kept_fields(const http::Fields& ok) {
  http::Fields kept;
  for (const auto& field : ok)
    if (is_kept(field)) kept.add(field.name, field.value);
  return kept;
}

http::Fields regular_file_fields(const RegularFile& file, const http::Fields& not_modified) {
  http::Fields fields = not_modified;
  http::remove_hop_by_hop(fields);
  strip_xet(fields);
  for (auto name : kOfTheEmptyBody) fields.remove(name);
  http::Fields kept;
  for (const auto& field : file.fields)
    if (!fields.has(field.name)) kept.add(field.name, field.value);
  for (const auto& field : kept) fields.add(field.name, field.value);
  fields.set("ETag", git_etag(file.git_id));
  fields.set("Accept-Ranges", "bytes");
  return fields;
}

}  // namespace weir::hub
