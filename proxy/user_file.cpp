// SPDX-License-Identifier: Apache-2.0
#include "proxy/user_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"

namespace weir::proxy {
namespace {

constexpr size_t kLargestFile = 16 << 20;
constexpr size_t kLongestName = 64;
constexpr uid_t kRoot = 0;
constexpr mode_t kOwnersAlone = 0600;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._@+-").find(c) != std::string_view::npos;
}

// What root keeps for a service is readable by the service's group.
mode_t most_of(uid_t owner) {
  return owner == kRoot ? 0740 : 0700;
}

Result<void> check_kept_secret(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};  // reading it will say why
  auto refused = [&path](std::string_view why, std::string_view what_to_do) {
    return fail(ErrorCode::refused,
                fmt::format("{} holds passwords' hashes, but {}: {}", path.string(), why, what_to_do));
  };
  auto reader = ::geteuid();
  if (status.st_uid != reader && status.st_uid != kRoot && reader != kRoot)
    return refused("belongs to another user", fmt::format("give it to user {}, or to root", reader));
  if ((status.st_mode & 0777 & ~most_of(status.st_uid)) == 0) return {};
  if (status.st_uid == kRoot)
    return refused("others than root and its group may read it, or others than root may write it",
                   fmt::format("chmod 600 {0}, or chmod 640 {0} for a service whose group it has", path.string()));
  return refused("others than its owner may read or write it", fmt::format("chmod 600 {}", path.string()));
}

Result<User> parse_line(std::string_view line) {
  auto colon = line.find(':');
  auto name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_user_name(name))
    return fail(ErrorCode::invalid, "expected NAME:HASH, as weir user add writes it");
  auto hash = PasswordHash::parse(line.substr(colon + 1));
  if (!hash)
    return fail(ErrorCode::invalid, fmt::format("expected a hash as weir user add makes it: weir user add {}", name));
  return User{std::string(name), std::move(*hash)};
}

}  // namespace

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), is_name_char);
}

Result<std::vector<User>> read_users(const std::filesystem::path& path) {
  TRY(check_kept_secret(path));
  TRY_ASSIGN(auto text, read_file(path, kLargestFile));
  if (!text) return fail(ErrorCode::invalid, path.string() + ": there is no such file; weir user add NAME makes it");
  std::vector<User> users;
  std::string_view rest = *text;
  for (unsigned number = 1; !rest.empty(); ++number) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    auto place = fmt::format("{}:{}", path.string(), number);
    auto user = parse_line(line);
    if (!user) return fail(user.error().in(place));
    bool twice = std::any_of(users.begin(), users.end(), [&](const User& each) { return each.name == user->name; });
    if (twice) return fail(ErrorCode::invalid, fmt::format("{}: {} is there twice", place, user->name));
    users.push_back(std::move(*user));
  }
  return users;
}

Result<void> write_users(const std::filesystem::path& path, const std::vector<User>& users) {
  std::string text;
  for (const auto& user : users) text += user.name + ":" + user.hash.text() + "\n";
  return replace_file(path, text, kOwnersAlone);
}

Result<void> change_users(const std::filesystem::path& path,
                          const std::function<Result<void>(std::vector<User>& users)>& change) {
  TRY_ASSIGN(auto lock, lock_folder(path.parent_path()));
  std::vector<User> users;
  std::error_code error;
  if (std::filesystem::exists(path, error) || error) {
    TRY_ASSIGN(users, read_users(path));
  }
  TRY(change(users));
  return write_users(path, users);
}

}  // namespace weir::proxy
