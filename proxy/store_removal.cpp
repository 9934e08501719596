// SPDX-License-Identifier: Apache-2.0
#include "proxy/store_removal.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "hub/regular_file.h"

namespace weir::proxy {
namespace {

using Json = nlohmann::ordered_json;
using Files = std::vector<hub::NamedFile>;

// An answer lists so many blobs at most; its counts are of all.
constexpr size_t kMaxListed = 50'000;

Result<void> refuse_pinned(const hub::Pins& pins, const hub::Pin& which) {
  TRY_ASSIGN(auto listed, pins.list());
  for (const auto& pin : listed)
    if (pin.type == which.type && pin.repo == which.repo)
      return fail(ErrorCode::refused, pin.text() + " is pinned: weir unpin " + pin.text() + " lets it go");
  return {};
}

Result<Files> chosen_files(const Holdings& holdings, const Removal& removal) {
  TRY_ASSIGN(auto files, hub::files_of(holdings.catalog_file, removal.which));
  const auto& paths = removal.paths;
  std::erase_if(files, [&](const hub::NamedFile& named) {
    return !paths.empty() && std::find(paths.begin(), paths.end(), named.file.path) == paths.end();
  });
  return files;
}

// The blobs of the files, each with a name outside them, if it has one.
Result<std::map<Sha256, std::string>> other_names(const std::filesystem::path& catalog, const Files& files) {
  std::map<Sha256, std::string> names;
  std::set<std::string> chosen;
  for (const auto& named : files) {
    names.emplace(named.blob.digest, "");
    chosen.insert(named.file.key());
  }
  TRY(hub::for_each_named_file(catalog, [&](const hub::NamedFile& named) {
    auto name = names.find(named.blob.digest);
    if (name == names.end() || chosen.contains(named.file.key())) return;
    name->second = hub::Pin{named.file.type, named.file.repo, named.file.revision}.text() + " " + named.file.path;
  }));
  return names;
}

void forget(const Holdings& holdings, const Removal& removal, const Files& files) {
  const auto& which = removal.which;
  bool all = which.revision.empty() && removal.paths.empty();
  hub::ForgottenNames names;
  hub::ForgottenRepo repo{{which.type, which.repo}, {}, {}};
  repo.extent = all ? hub::ForgottenRepo::Extent::all : hub::ForgottenRepo::Extent::files;
  for (const auto& named : files) {
    auto file = named.file;
    names.files.push_back(file);
    if (!hub::is_commit(file.revision)) file.revision = named.commit;
    if (file.revision.empty()) continue;
    repo.files.push_back({repo.repo, file.revision, file.path});
    for (const auto& host : holdings.hosts) names.regular_files.push_back(hub::regular_file_name(host, file));
  }
  holdings.catalog.forget(std::move(names));
  holdings.memory.metadata().forget(std::move(repo));
}

}  // namespace

Result<std::string> remove_files(const Holdings& holdings, const Removal& removal) {
  TRY(refuse_pinned(holdings.catalog.pins(), removal.which));
  holdings.catalog.flush();
  TRY_ASSIGN(auto files, chosen_files(holdings, removal));
  TRY_ASSIGN(auto others, other_names(holdings.catalog_file, files));
  Json blobs = Json::array();
  Json kept = Json::array();
  uint64_t count = 0;
  uint64_t bytes = 0;
  // The names go last: after an error they are still there to be asked for again.
  for (const auto& [digest, other] : others) {
    if (!other.empty()) {
      if (holdings.store.has(digest) && kept.size() < kMaxListed)
        kept.push_back({{"sha256", digest.hex()}, {"name", other}});
      continue;
    }
    TRY_ASSIGN(auto size, holdings.store.discard(digest));
    if (!size) continue;
    count += 1;
    bytes += *size;
    if (blobs.size() < kMaxListed) blobs.push_back({{"sha256", digest.hex()}, {"size", *size}});
  }
  forget(holdings, removal, files);
  TRY(holdings.store.flush());
  Json json{{"names", files.size()}, {"count", count}, {"bytes", bytes}};
  json["blobs"] = std::move(blobs);
  json["kept"] = std::move(kept);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::proxy
