// SPDX-License-Identifier: Apache-2.0
#include "cli/pull_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "base/log.h"
#include "cli/glob.h"

namespace weir::cli {
namespace {

constexpr uint64_t kLarge = 16 << 20;

std::optional<hub::RepoType> type_named(const std::string& word) {
  for (auto type : {hub::RepoType::model, hub::RepoType::dataset, hub::RepoType::space, hub::RepoType::kernel}) {
    auto plural = hub::plural_of(type);
    if (word == plural || word == plural.substr(0, plural.size() - 1)) return type;
  }
  return std::nullopt;
}

bool any_matches(const std::vector<std::string>& patterns, const std::string& path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& each) { return glob_matches(each, path); });
}

bool is_chosen(const FileChoice& choice, const std::string& path) {
  if (!choice.include.empty() && !any_matches(choice.include, path)) return false;
  return !any_matches(choice.exclude, path);
}

Result<void> keep_named(std::vector<TreeFile>& files, const std::vector<std::string>& names) {
  std::set<std::string> wanted(names.begin(), names.end());
  std::erase_if(files, [&](const TreeFile& file) { return !wanted.contains(file.path); });
  for (const auto& file : files) wanted.erase(file.path);
  if (wanted.empty()) return {};
  return fail(ErrorCode::invalid, fmt::format("there is no file '{}' in it", log::escaped(*wanted.begin())));
}

}  // namespace

Result<hub::Pin> parse_pulled_repo(const std::string& repo, const std::string& type, const std::string& revision) {
  auto pin = hub::parse_pin(repo);
  if (!pin) return fail(pin.error().in(log::escaped(repo)));
  auto named = type_named(type);
  if (!type.empty() && !named) return fail(ErrorCode::invalid, "--repo-type: expected model, dataset, space or kernel");
  if (named && pin->type != hub::RepoType::model && pin->type != *named)
    return fail(ErrorCode::invalid, "--repo-type says another type than " + repo);
  if (named) pin->type = *named;
  if (!revision.empty() && !pin->revision.empty() && revision != pin->revision)
    return fail(ErrorCode::invalid, "--revision says another revision than " + repo);
  if (!revision.empty()) pin->revision = revision;
  if (pin->revision.empty()) pin->revision = "main";
  // A dot segment would lead to another place of the hub's API.
  if (!is_safe_path(pin->revision))
    return fail(ErrorCode::invalid, "--revision: expected a branch, a tag or a commit, such as main or refs/pr/1");
  return std::move(*pin);
}

uint64_t PullPlan::bytes() const {
  uint64_t bytes = 0;
  for (const auto* files : {&small, &large})
    for (const auto& file : *files) bytes += file.size;
  return bytes;
}

Result<PullPlan> plan_pull(std::vector<TreeFile> files, const FileChoice& choice) {
  bool any = !files.empty();
  if (!choice.files.empty()) TRY(keep_named(files, choice.files));
  std::erase_if(files, [&](const TreeFile& file) { return !is_chosen(choice, file.path); });
  if (any && files.empty()) return fail(ErrorCode::invalid, "none of its files fits --include and --exclude");
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return std::tie(a.size, a.path) < std::tie(b.size, b.path); });
  PullPlan plan;
  for (auto& file : files) (file.size < kLarge ? plan.small : plan.large).push_back(std::move(file));
  return plan;
}

bool leaves_free(uint64_t free, uint64_t promised, uint64_t bytes, uint64_t min_free) {
  if (free < min_free) return false;
  free -= min_free;
  return promised <= free && bytes <= free - promised;
}

}  // namespace weir::cli
