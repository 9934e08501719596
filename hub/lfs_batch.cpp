// SPDX-License-Identifier: Apache-2.0
#include "hub/lfs_batch.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "http/text.h"
#include "hub/timestamps.h"

namespace weir::hub {
namespace {

// Ordered, so that what is written anew differs from what came in nothing but the transfers.
using Json = nlohmann::ordered_json;

// Batches nest five deep; the library writes recursively, so a deep one could overflow the stack.
constexpr int kMaxDepth = 32;

bool nests_too_deep(std::string_view body) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < body.size(); ++i) {
    char c = body[i];
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\') ++i;
    if (in_string) continue;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > kMaxDepth) return true;
  }
  return false;
}

// An object, or null for what is none.
Json parse_object(std::string_view body, size_t limit) {
  if (body.size() > limit || nests_too_deep(body)) return nullptr;
  auto json = Json::parse(body, nullptr, false);
  return json.is_object() ? json : Json(nullptr);
}

// The member, or null where `json` is no object or has none.
const Json& member(const Json& json, const char* name) {
  static const Json kNull;
  if (!json.is_object()) return kNull;
  auto found = json.find(name);
  return found == json.end() ? kNull : *found;
}

std::string_view text_of(const Json& json) {
  return json.is_string() ? std::string_view(json.get_ref<const std::string&>()) : std::string_view();
}

// -0 counts: written anew it is 0.
std::optional<uint64_t> number_of(const Json& json) {
  bool is_natural = json.is_number_unsigned() || (json.is_number_integer() && json.get<int64_t>() == 0);
  return is_natural ? std::optional(json.get<uint64_t>()) : std::nullopt;
}

std::optional<BatchObject> object_of(const Json& json) {
  auto oid = Sha256::from_hex(text_of(member(json, "oid")));
  auto size = number_of(member(json, "size"));
  if (!oid || !size) return std::nullopt;
  return BatchObject{*oid, *size};
}

// The field's absence means sha256.
bool is_sha256(const Json& batch) {
  const auto& algorithm = member(batch, "hash_algo");
  return algorithm.is_null() || text_of(algorithm) == "sha256";
}

http::Fields header_of(const Json& action) {
  http::Fields fields;
  const auto& header = member(action, "header");
  if (!header.is_object()) return fields;
  for (const auto& [name, value] : header.items())
    if (value.is_string() && http::is_token(name) && http::all_are(text_of(value), http::kValueChar))
      fields.add(name, text_of(value));
  return fields;
}

// expires_in goes before expires_at (batch.md).
std::optional<WallTime> expiry_of_action(const Json& action, WallTime now) {
  if (auto seconds = number_of(member(action, "expires_in")); seconds && *seconds > 0) {
    if (!time_of_seconds(*seconds)) return std::nullopt;
    return time_of_seconds(static_cast<uint64_t>(unix_seconds(now)) + *seconds);
  }
  return parse_rfc3339_time(text_of(member(action, "expires_at")));
}

std::optional<BatchDownload> download_of(const Json& object, WallTime now) {
  auto named = object_of(object);
  const auto& action = member(member(object, "actions"), "download");
  auto href = http::parse_url(text_of(member(action, "href")));
  if (!named || !href || href->scheme != "https") return std::nullopt;
  return BatchDownload{*named, std::move(*href), header_of(action), expiry_of_action(action, now)};
}

}  // namespace

Result<BatchRequest> parse_batch_request(std::string_view body) {
  auto json = parse_object(body, kMaxBatchRequest);
  auto operation = text_of(member(json, "operation"));
  if (operation != "download" && operation != "upload")
    return fail(ErrorCode::invalid, "the LFS batch request names neither download nor upload");
  if (!is_sha256(json)) return fail(ErrorCode::invalid, "the LFS batch request asks for another hash than sha256");
  BatchRequest request{operation == "download" ? BatchOperation::download : BatchOperation::upload, {}};
  for (const auto& each : member(json, "objects")) {
    auto object = object_of(each);
    if (!object) return fail(ErrorCode::invalid, "an object of the LFS batch request lacks its sha256 or its size");
    request.objects.push_back(*object);
  }
  return request;
}

std::string without_xet_transfer(std::string_view body) {
  auto json = parse_object(body, kMaxBatchRequest);
  const auto& offered = member(json, "transfers");
  if (text_of(member(json, "operation")) != "download" || !offered.is_array()) return std::string(body);
  Json kept = Json::array();
  std::copy_if(offered.begin(), offered.end(), std::back_inserter(kept),
               [](const Json& each) { return text_of(each) != "xet"; });
  if (kept.size() == offered.size()) return std::string(body);
  if (kept.empty()) kept.push_back("basic");
  json["transfers"] = std::move(kept);
  return json.dump();
}

std::string make_batch_request(const BatchObject& object) {
  Json json;
  json["operation"] = "download";
  json["transfers"] = Json::array({"basic"});
  json["objects"] = Json::array({Json{{"oid", object.oid.hex()}, {"size", object.size}}});
  json["hash_algo"] = "sha256";
  return json.dump();
}

Result<std::vector<BatchDownload>> parse_batch_answer(std::string_view body, WallTime now) {
  auto json = parse_object(body, kMaxBatchAnswer);
  const auto& objects = member(json, "objects");
  if (!objects.is_array()) return fail(ErrorCode::invalid, "the LFS batch answer holds no list of objects");
  if (!is_sha256(json)) return fail(ErrorCode::invalid, "the LFS batch answer is about another hash than sha256");
  std::vector<BatchDownload> downloads;
  for (const auto& object : objects)
    if (auto download = download_of(object, now)) downloads.push_back(std::move(*download));
  return downloads;
}

std::string with_renamed_hrefs(std::string_view body,
                               const std::function<std::optional<std::string>(std::string_view href)>& rename) {
  auto json = parse_object(body, kMaxBatchAnswer);
  if (!member(json, "objects").is_array()) return std::string(body);
  bool changed = false;
  for (auto& object : json["objects"]) {
    if (!member(object, "actions").is_object()) continue;
    for (auto& action : object["actions"]) {
      auto renamed = rename(text_of(member(action, "href")));
      if (!renamed) continue;
      action["href"] = std::move(*renamed);
      changed = true;
    }
  }
  return changed ? json.dump() : std::string(body);
}

}  // namespace weir::hub
