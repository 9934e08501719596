// SPDX-License-Identifier: Apache-2.0
#include "hub/pins.h"

#include <algorithm>
#include <set>

#include "base/files.h"

namespace weir::hub {
namespace {

constexpr size_t kPinsLimit = 16 << 20;
constexpr mode_t kPinsMode = 0600;
constexpr std::string_view kExpected =
    "expected a repository such as org/model, org/model@main, datasets/org/name or spaces/org/name";

// A name or an organisation: what the hub takes, which is nothing that a line or a path could be confused by.
bool is_segment(std::string_view text) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text != "." && text != ".." && std::all_of(text.begin(), text.end(), plain);
}

bool is_repo(std::string_view text) {
  auto slash = text.find('/');
  if (slash == std::string_view::npos) return is_segment(text);
  return is_segment(text.substr(0, slash)) && is_segment(text.substr(slash + 1));
}

bool is_revision(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(),
                                       [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

// What is wrong with the file, and what that means.
Error unusable(const std::filesystem::path& file, const Error& error) {
  return Error{error.code, "the pins in " + file.string() + " cannot be read (" + error.message +
                               "): correct the file or move it away; until then nothing is removed from the store"};
}

// A line of the file without its end, which an editor may have made a CRLF.  It is taken off `text`.
std::string_view take_line(std::string_view& text) {
  auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

using Blobs = std::unordered_set<Sha256, DigestHash>;

// The names of the revision itself: as it is asked for, and the commits that it was.
Result<std::set<std::string>> names_of_revision(const std::filesystem::path& catalog, const Pin& which,
                                                const std::vector<NamedFile>& files) {
  std::set<std::string> names{which.revision};
  TRY_ASSIGN(auto commit, commit_of(catalog, {which.type, which.repo, which.revision, ""}));
  if (!commit.empty()) names.insert(commit);
  for (const auto& named : files)
    if (named.file.revision == which.revision && !named.commit.empty()) names.insert(named.commit);
  return names;
}

}  // namespace

std::string Pin::text() const {
  auto text = type == RepoType::model ? repo : std::string(plural_of(type)) + "/" + repo;
  return revision.empty() ? text : text + "@" + revision;
}

Result<Pin> parse_pin(std::string_view text) {
  Pin pin;
  auto at = text.find('@');
  auto repo = text.substr(0, at);
  if (auto type = repo_type_of(repo.substr(0, repo.find('/'))); type && repo.find('/') != std::string_view::npos) {
    pin.type = *type;
    repo.remove_prefix(repo.find('/') + 1);
  }
  pin.repo = repo;
  if (at != std::string_view::npos) pin.revision = text.substr(at + 1);
  if (!is_repo(repo) || (at != std::string_view::npos && !is_revision(pin.revision)))
    return fail(ErrorCode::invalid, std::string(kExpected));
  return pin;
}

Result<std::vector<NamedFile>> files_of(const std::filesystem::path& catalog, const Pin& which) {
  std::vector<NamedFile> files;
  TRY(for_each_file_of(catalog, which.type, which.repo, [&](const NamedFile& named) { files.push_back(named); }));
  if (which.revision.empty()) return files;
  TRY_ASSIGN(auto names, names_of_revision(catalog, which, files));
  std::erase_if(files, [&](const NamedFile& named) {
    return !names.contains(named.file.revision) && !names.contains(named.commit);
  });
  return files;
}

std::filesystem::path pins_beside(const std::filesystem::path& catalog) {
  return catalog.parent_path() / "pins";
}

Result<std::vector<Pin>> Pins::list() const {
  auto text = read_regular_file(file_, Links::refuse, kPinsLimit);
  if (!text) return fail(unusable(file_, text.error()));
  std::vector<Pin> pins;
  std::string_view rest = *text ? **text : std::string_view();
  while (!rest.empty()) {
    auto pin = parse_pin(take_line(rest));
    if (!pin) return fail(unusable(file_, pin.error().in("line " + std::to_string(pins.size() + 1))));
    pins.push_back(std::move(*pin));
  }
  std::sort(pins.begin(), pins.end());
  return pins;
}

Result<bool> Pins::add(const Pin& pin) {
  std::lock_guard lock(changing_);
  TRY_ASSIGN(auto pins, list());
  if (std::binary_search(pins.begin(), pins.end(), pin)) {
    // It may be there since a try that could not say so.
    TRY(sync_folder(file_.parent_path()));
    return false;
  }
  pins.push_back(pin);
  TRY(write(pins));
  return true;
}

Result<bool> Pins::remove(const Pin& pin) {
  std::lock_guard lock(changing_);
  TRY_ASSIGN(auto pins, list());
  if (std::erase(pins, pin) == 0) return false;
  TRY(write(pins));
  return true;
}

Result<void> Pins::write(const std::vector<Pin>& pins) const {
  std::string text;
  for (const auto& pin : pins) text += pin.text() + "\n";
  return write_file_atomically(file_, text, kPinsMode);
}

Result<Blobs> Pins::blobs() const {
  TRY_ASSIGN(auto pins, list());
  Blobs blobs;
  for (const auto& pin : pins) {
    TRY_ASSIGN(auto files, files_of(catalog_, pin));
    for (const auto& named : files) blobs.insert(named.blob.digest);
  }
  return blobs;
}

}  // namespace weir::hub
