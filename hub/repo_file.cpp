// SPDX-License-Identifier: Apache-2.0
#include "hub/repo_file.h"

#include <algorithm>

#include "http/target.h"
#include "http/text.h"

namespace weir::hub {

std::string_view plural_of(RepoType type) {
  switch (type) {
    case RepoType::model:
      return "models";
    case RepoType::dataset:
      return "datasets";
    case RepoType::space:
      return "spaces";
    case RepoType::kernel:
      return "kernels";
  }
  return "models";
}

std::optional<RepoType> repo_type_of(std::string_view plural) {
  for (auto type : {RepoType::model, RepoType::dataset, RepoType::space, RepoType::kernel})
    if (plural_of(type) == plural) return type;
  return std::nullopt;
}

bool is_commit(std::string_view revision) {
  return revision.size() == 40 &&
         std::all_of(revision.begin(), revision.end(), [](char c) { return http::hex_value(c) >= 0; });
}

std::string RepoFile::key() const {
  std::string key(plural_of(type));
  for (const auto* part : {&repo, &revision, &path}) {
    key += '\n';
    key += *part;
  }
  return key;
}

std::string resolve_path(const RepoFile& file) {
  auto prefix = file.type == RepoType::model ? "/" : "/" + std::string(plural_of(file.type)) + "/";
  return prefix + http::percent_encode(file.repo, "/") + "/resolve/" + http::percent_encode(file.revision) + "/" +
         http::percent_encode(file.path, "/");
}

}  // namespace weir::hub
