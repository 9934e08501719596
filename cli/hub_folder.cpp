// SPDX-License-Identifier: Apache-2.0
#include "cli/hub_folder.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/files.h"
#include "hub/pins.h"
#include "hub/regular_file.h"
#include "hub/route.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSeparator = "--";
constexpr size_t kRefLimit = 256;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(path, error));
}

bool is_plain(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(path, error));
}

// Whether a request for the file could have these parts.
bool is_a_name(const hub::RepoFile& file) {
  if (!hub::is_commit(file.revision)) return false;
  auto route = hub::classify(hub::Role::hub, "GET", hub::regular_file_name("", file).path);
  return route.kind == hub::RouteKind::resolve_cache && route.file == file;
}

// Calls back with each entry below a folder; links are not followed.
template <typename Callback>
Result<void> walk(const fs::path& folder, Callback callback) {
  if (!is_folder(folder)) return {};
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) callback(entries->path());
  if (error) return fail(errno_error("listing " + folder.string(), error.value()));
  return {};
}

// One repository's folder.
class RepoReader {
 public:
  RepoReader(hub::RepoName repo, fs::path folder, HubFolder& found)
      : repo_(std::move(repo)), folder_(std::move(folder)), blobs_(folder_ / "blobs"), found_(found) {}

  Result<void> read() {
    TRY(walk(folder_ / "snapshots", [this](const fs::path& path) { read_file(path); }));
    TRY(walk(folder_ / "refs", [this](const fs::path& path) { read_ref(path); }));
    return walk(blobs_, [this](const fs::path& path) { found_.skipped += used_.contains(path) ? 0 : 1; });
  }

 private:
  void read_file(const fs::path& path) {
    if (is_folder(path)) return;
    FolderFile file;
    auto below = path.lexically_relative(folder_ / "snapshots");
    auto commit = below.begin()->string();
    file.name = {repo_.type, repo_.repo, commit, below.lexically_relative(commit).generic_string()};
    if (is_plain(path)) {
      file.bytes = path;
    } else if (auto blob = blob_behind(path)) {
      file.bytes = *blob;
      auto hash = blob->filename().string();
      file.digest = Sha256::from_hex(hash);
      file.git_id = Sha1::from_hex(hash);
      used_.insert(*blob);
    }
    std::error_code error;
    file.size = file.bytes.empty() ? 0 : fs::file_size(file.bytes, error);
    if (file.bytes.empty() || error || !is_a_name(file.name)) {
      ++found_.skipped;
      return;
    }
    found_.files.push_back(std::move(file));
  }

  // Where a link leads, if that is a blob of this repository.
  std::optional<fs::path> blob_behind(const fs::path& link) const {
    std::error_code error;
    auto target = fs::read_symlink(link, error);
    if (error || !is_folder(blobs_)) return std::nullopt;
    auto blob = (link.parent_path() / target).lexically_normal();
    auto hash = blob.filename().string();
    bool named = Sha256::from_hex(hash) || Sha1::from_hex(hash);
    if (blob.parent_path() != blobs_ || !named || !is_plain(blob)) return std::nullopt;
    return blob;
  }

  void read_ref(const fs::path& path) {
    if (is_folder(path)) return;
    auto text = is_plain(path) ? read_file_text(path) : std::string();
    auto name = path.lexically_relative(folder_ / "refs").generic_string();
    bool odd =
        std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
    if (odd || !hub::is_commit(text)) {
      ++found_.skipped;
      return;
    }
    found_.revisions.push_back({repo_.type, repo_.repo, name, text});
  }

  static std::string read_file_text(const fs::path& path) {
    auto text = weir::read_file(path, kRefLimit);
    return text && *text ? **text : std::string();
  }

  const hub::RepoName repo_;
  const fs::path folder_;
  const fs::path blobs_;
  HubFolder& found_;
  std::set<fs::path> used_;
};

std::string value_of(const config::Environment& environment, const std::string& name) {
  auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

}  // namespace

fs::path default_hub_folder(const config::Environment& environment) {
  if (auto cache = value_of(environment, "HF_HUB_CACHE"); !cache.empty()) return cache;
  if (auto home = value_of(environment, "HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  auto caches = value_of(environment, "XDG_CACHE_HOME");
  fs::path folder = caches.empty() ? fs::path(value_of(environment, "HOME")) / ".cache" : fs::path(caches);
  return folder / "huggingface" / "hub";
}

std::optional<hub::RepoName> repo_of_folder(std::string_view name) {
  auto text = std::string(name);
  auto cut = text.find(kSeparator);
  if (cut == std::string::npos || !hub::repo_type_of(text.substr(0, cut))) return std::nullopt;
  for (; cut != std::string::npos; cut = text.find(kSeparator, cut)) text.replace(cut, kSeparator.size(), "/");
  auto pin = hub::parse_pin(text);
  if (!pin || !pin->revision.empty()) return std::nullopt;
  return hub::RepoName{pin->type, pin->repo};
}

Result<HubFolder> read_hub_folder(const fs::path& given) {
  std::error_code error;
  auto folder = fs::absolute(given, error).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  HubFolder found;
  bool any = false;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    auto name = entries->path().filename().string();
    auto repo = is_folder(entries->path()) ? repo_of_folder(name) : std::nullopt;
    any = any || repo;
    if (repo) TRY(RepoReader(*repo, entries->path(), found).read());
    if (!repo && name.find(kSeparator) != std::string::npos) ++found.skipped;
  }
  if (error) return fail(errno_error("listing " + folder.string(), error.value()).in("the folder to import"));
  if (!any)
    return fail(ErrorCode::invalid, folder.string() +
                                        " holds no repository such as models--org--name: name the folder "
                                        "that huggingface_hub downloads to (HF_HUB_CACHE)");
  std::sort(found.files.begin(), found.files.end(), [](const FolderFile& a, const FolderFile& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.name.key() < b.name.key();
  });
  return found;
}

}  // namespace weir::cli
