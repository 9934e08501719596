// SPDX-License-Identifier: Apache-2.0
#include "peer/peer_list.h"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "http/text.h"
#include "peer/lock.h"

namespace weir::peer {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr size_t kMaxName = 64;
constexpr mode_t kMode = 0644;  // it holds no secret, and a list that an administrator wrote is read by Weir's user

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_ino == other.st_ino && one.st_size == other.st_size && one.st_mtim.tv_sec == other.st_mtim.tv_sec &&
         one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

Json to_json(const Peer& peer) {
  return {{"name", peer.name},
          {"address", peer.address.text()},
          {"spki_sha256", peer.spki.hex()},
          {"since", unix_seconds(peer.since)}};
}

std::optional<Peer> from_json(const Json& json) {
  Peer peer;
  peer.name = plain_name(json.at("name").get<std::string>());
  auto address = http::parse_authority(json.at("address").get<std::string>());
  auto spki = Sha256::from_hex(json.at("spki_sha256").get<std::string>());
  if (!address || !spki) return std::nullopt;
  peer.address = *address;
  peer.spki = *spki;
  peer.since = WallTime(std::chrono::seconds(json.at("since").get<int64_t>()));
  return peer;
}

// Nothing when that is no list of peers.
std::optional<std::vector<Peer>> parse(const std::string& text) {
  std::vector<Peer> peers;
  try {
    auto json = Json::parse(text);
    for (const auto& each : json.at("peers")) {
      auto peer = from_json(each);
      if (!peer || peers.size() == kMostPeers) return std::nullopt;
      peers.push_back(*std::move(peer));
    }
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  return peers;
}

bool is_meant(const Peer& peer, std::string_view which) {
  return http::equals_ignoring_case(peer.name, which) || http::equals_ignoring_case(peer.address.host, which) ||
         http::equals_ignoring_case(peer.address.text(), which) || http::equals_ignoring_case(peer.spki.hex(), which);
}

}  // namespace

std::string plain_name(std::string_view text) {
  std::string name;
  for (char character : text.substr(0, kMaxName)) {
    bool plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                 (character >= '0' && character <= '9') || character == '.' || character == '_' || character == '-';
    if (plain) name += character;
  }
  return name.empty() ? "weir" : name;
}

Result<std::vector<Peer>> PeerList::all() {
  std::lock_guard lock(mutex_);
  TRY(refresh());
  return peers_;
}

std::vector<Peer> PeerList::known() {
  std::lock_guard lock(mutex_);
  return refreshed();
}

std::optional<Peer> PeerList::find(const Sha256& spki) {
  std::lock_guard lock(mutex_);
  const auto& peers = refreshed();
  auto found = std::find_if(peers.begin(), peers.end(), [&](const Peer& peer) { return peer.spki == spki; });
  return found == peers.end() ? std::nullopt : std::optional<Peer>(*found);
}

const std::vector<Peer>& PeerList::refreshed() {
  static const std::vector<Peer> kNobody;
  auto fresh = refresh();
  if (fresh) {
    complaint_.reset();
    return peers_;
  }
  if (complaint_ != fresh.error().message) log::error("no peer is known: {}", fresh.error().message);
  complaint_ = fresh.error().message;
  return kNobody;
}

Result<void> PeerList::add(const Peer& peer) {
  TRY_ASSIGN(auto held, lock_files(folder_));
  std::lock_guard lock(mutex_);
  TRY(refresh());
  auto peers = peers_;
  std::erase_if(peers, [&](const Peer& each) { return each.spki == peer.spki; });
  if (peers.size() >= kMostPeers)
    return fail(ErrorCode::over_limit,
                "there are " + std::to_string(kMostPeers) + " peers already; weir peer rm HOST removes one");
  peers.push_back(peer);
  peers.back().since = std::chrono::floor<std::chrono::seconds>(peer.since);
  return write(peers);
}

Result<std::vector<Peer>> PeerList::remove(std::string_view which) {
  TRY_ASSIGN(auto held, lock_files(folder_));
  std::lock_guard lock(mutex_);
  TRY(refresh());
  std::vector<Peer> kept;
  std::vector<Peer> removed;
  for (const auto& peer : peers_) (is_meant(peer, which) ? removed : kept).push_back(peer);
  if (!removed.empty()) TRY(write(kept));
  return removed;
}

Result<void> PeerList::refresh() {
  struct stat now {};
  if (::stat(path_.c_str(), &now) != 0) {
    if (errno != ENOENT) return fail(errno_error("looking at " + path_.string()));
    peers_.clear();
    read_.reset();
    return {};
  }
  if (read_ && is_same_file(*read_, now)) return {};
  // A file that is replaced between the two looks is read again at the next one.
  TRY_ASSIGN(auto text, read_regular_file(path_, Links::follow, kMaxFileBytes));
  auto peers = text ? parse(*text) : std::vector<Peer>();
  if (!peers)
    return fail(ErrorCode::invalid, path_.string() + " is damaged: move it away and pair with your peers again");
  peers_ = *std::move(peers);
  read_ = now;
  return {};
}

Result<void> PeerList::write(const std::vector<Peer>& peers) {
  Json json;
  json["peers"] = Json::array();
  for (const auto& peer : peers) json["peers"].push_back(to_json(peer));
  read_.reset();
  return write_file_atomically(path_, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n", kMode);
}

}  // namespace weir::peer
