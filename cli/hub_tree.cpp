// SPDX-License-Identifier: Apache-2.0
#include "cli/hub_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "http/link.h"

namespace weir::cli {
namespace {

using Json = nlohmann::json;

// Of a list; each costs some hundred bytes of memory.
constexpr size_t kMostFiles = 2'000'000;
constexpr size_t kMostPathBytes = 4095;  // PATH_MAX without its end
constexpr size_t kMostPartBytes = 255;   // NAME_MAX

Result<Json> parse_answer(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  if (!json.is_discarded()) return json;
  auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '<')
    return fail(ErrorCode::origin,
                "it is HTML where JSON is due; does something between here and the hub answer for it?");
  return fail(ErrorCode::origin, "its JSON is damaged or cut short");
}

std::string text_at(const Json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<uint64_t> size_at(const Json& object) {
  auto found = object.find("size");
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<uint64_t>();
}

Result<TreeFile> parse_file(const Json& entry) {
  TreeFile file;
  file.path = text_at(entry, "path");
  if (!is_safe_path(file.path))
    return fail(ErrorCode::origin, fmt::format("it names a file '{}', which is no path below a folder",
                                               log::escaped(file.path.substr(0, kMostPartBytes))));
  auto lfs = entry.find("lfs");
  bool large = lfs != entry.end() && lfs->is_object();
  auto size = size_at(large ? *lfs : entry);
  if (large)
    file.sha256 = Sha256::from_hex(text_at(*lfs, "oid"));
  else
    file.git_id = Sha1::from_hex(text_at(entry, "oid"));
  if (!size || (!file.sha256 && !file.git_id))
    return fail(ErrorCode::origin, fmt::format("'{}' has no size or no digest there", log::escaped(file.path)));
  file.size = *size;
  return file;
}

std::string api_target(hub::RepoType type, std::string_view repo, std::string_view keyword, std::string_view revision) {
  return fmt::format("/api/{}/{}/{}/{}", hub::plural_of(type), http::percent_encode(repo, "/"), keyword,
                     http::percent_encode(revision));
}

}  // namespace

bool is_safe_path(std::string_view path) {
  if (path.size() > kMostPathBytes) return false;
  if (std::any_of(path.begin(), path.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; })) return false;
  for (;;) {
    auto part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == ".." || part.size() > kMostPartBytes) return false;
    if (part.size() == path.size()) return true;
    path.remove_prefix(part.size() + 1);
  }
}

std::string revision_target(hub::RepoType type, std::string_view repo, std::string_view revision) {
  return api_target(type, repo, "revision", revision);
}

std::string tree_target(hub::RepoType type, std::string_view repo, std::string_view commit) {
  return api_target(type, repo, "tree", commit) + "?recursive=True&expand=False";
}

std::string file_target(hub::RepoType type, std::string_view repo, std::string_view revision, std::string_view path) {
  auto prefix = type == hub::RepoType::model ? "" : fmt::format("/{}", hub::plural_of(type));
  return fmt::format("{}/{}/resolve/{}/{}", prefix, http::percent_encode(repo, "/"), http::percent_encode(revision),
                     http::percent_encode(path, "/"));
}

Result<std::string> parse_commit(std::string_view text) {
  TRY_ASSIGN(auto json, parse_answer(text));
  auto commit = json.is_object() ? text_at(json, "sha") : "";
  if (!hub::is_commit(commit)) return fail(ErrorCode::origin, "it names no commit");
  return commit;
}

Result<void> TreePages::add(const http::Url& url, const http::Fields& fields, std::string_view text) {
  TRY_ASSIGN(auto json, parse_answer(text));
  if (!json.is_array()) return fail(ErrorCode::origin, "it is no list of files");
  for (const auto& entry : json) {
    if (!entry.is_object()) return fail(ErrorCode::origin, "it is no list of files");
    if (text_at(entry, "type") != "file") continue;
    TRY_ASSIGN(auto file, parse_file(entry));
    if (!paths_.insert(file.path).second)
      return fail(ErrorCode::origin, fmt::format("it names '{}' twice", log::escaped(file.path)));
    files_.push_back(std::move(file));
    if (files_.size() > kMostFiles)
      return fail(ErrorCode::origin, fmt::format("it has more than {} files", kMostFiles));
  }
  return find_next(url, fields);
}

Result<void> TreePages::find_next(const http::Url& url, const http::Fields& fields) {
  pages_.insert(url.text());
  next_.reset();
  for (auto line : fields.all("Link")) {
    for (const auto& link : http::parse_links(line)) {
      if (!link.has_relation("next")) continue;
      auto next = http::resolve_url(url, link.target);
      if (!next || next->scheme != url.scheme || next->authority() != url.authority())
        return fail(ErrorCode::origin, "its next page is at another place");
      if (!pages_.insert(next->text()).second) return fail(ErrorCode::origin, "its pages lead in a circle");
      next_ = std::move(*next);
      return {};
    }
  }
  return {};
}

}  // namespace weir::cli
