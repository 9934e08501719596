// SPDX-License-Identifier: Apache-2.0
#include "hub/asker.h"

#include <string>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"

namespace weir::hub {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr mode_t kOwnerOnly = 0600;

// The key; nothing when there is none any more.
Result<std::optional<std::string>> read_or_set_aside(const std::filesystem::path& key_file) {
  auto held = read_regular_file(key_file, Links::refuse, kKeyBytes);
  bool is_key = held && (!*held || (*held)->size() == kKeyBytes);
  // What cannot be read now may be read the next time.
  if (is_key || (!held && held.error().code != ErrorCode::invalid)) return held;
  log::warning("{} ({}) is set aside as {}.set-aside, and a new one is made: what the hub permitted is asked for again",
               key_file.string(), held ? "it is too short" : held.error().message, key_file.string());
  auto aside = set_aside(key_file);
  if (!aside && aside.error().code != ErrorCode::read_only) return fail(aside.error());
  return std::nullopt;
}

// On a disk that takes no change the key is one for this run: what is remembered under another is then nobody's.
Result<void> keep(const std::filesystem::path& key_file, const std::string& key) {
  auto written = write_file_atomically(key_file, key, kOwnerOnly);
  if (written || written.error().code != ErrorCode::read_only) return written;
  log::warning("{}: what the hub permits is remembered until the end alone", written.error().message);
  return {};
}

}  // namespace

Result<AskerHasher> AskerHasher::open(const std::filesystem::path& key_file) {
  TRY_ASSIGN(auto held, read_or_set_aside(key_file));
  if (!held) {
    held = random_bytes(kKeyBytes);
    TRY(keep(key_file, *held));
  }
  Secret key(*held);
  held->assign(held->size(), '\0');
  return AskerHasher(std::move(key));
}

Asker AskerHasher::of(const http::Fields& request) const {
  auto authorization = request.get("Authorization");
  auto cookie = request.get("Cookie");
  if (authorization.empty() && cookie.empty()) return {};
  // Neither field can hold a line feed, so no two pairs read the same.
  Secret both(std::string(authorization) + '\n' + std::string(cookie));
  return {hmac_sha256(key_.reveal(), both.reveal())};
}

}  // namespace weir::hub
