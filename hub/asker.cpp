// SPDX-License-Identifier: Apache-2.0
#include "hub/asker.h"

#include <string>
#include <utility>

#include "base/files.h"
#include "base/random.h"

namespace weir::hub {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr mode_t kOwnerOnly = 0600;

}  // namespace

Result<AskerHasher> AskerHasher::open(const std::filesystem::path& key_file) {
  TRY_ASSIGN(auto held, read_file(key_file, kKeyBytes));
  if (!held) {
    held = random_bytes(kKeyBytes);
    TRY(write_file_atomically(key_file, *held, kOwnerOnly));
  }
  Secret key(*held);
  held->assign(held->size(), '\0');
  if (key.reveal().size() != kKeyBytes)
    return fail(ErrorCode::invalid, key_file.string() + " is not a key of Weir's; remove it, and Weir makes a new one");
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
