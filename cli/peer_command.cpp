// SPDX-License-Identifier: Apache-2.0
// weir peer
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/log.h"
#include "certs/openssl_support.h"
#include "cli/command.h"
#include "cli/running_server.h"
#include "cli/store_request.h"
#include "peer/channel.h"
#include "peer/identity.h"
#include "peer/join_code.h"
#include "peer/pairing.h"
#include "peer/peer_list.h"

namespace weir::cli {
namespace {

constexpr Duration kLookTimeout{5'000};

struct PeerOptions {
  ConfigChoice config;
  std::string host;
  std::string code;
  bool json = false;
};

// --- invite

std::string invitation_text(const std::string& answer) {
  auto json = nlohmann::json::parse(answer);
  auto code = json.at("code").get<std::string>();
  auto listen = Endpoint::parse(json.at("listen").get<std::string>()).value_or(Endpoint{});
  auto host = json.at("name").get<std::string>();
  if (listen.port != peer::kDefaultPort) host += ":" + std::to_string(listen.port);
  auto text = fmt::format(
      "The join code is good for one attempt within 10 minutes.  Type on the other machine:\n\n"
      "  weir peer add {} {}\n\n"
      "{} is this machine; any other name or address of it will do.\n",
      host, code, host);
  if (listen.address.is_loopback())
    text +=
        fmt::format("This Weir listens on {}, which no other machine reaches: set [proxy] listen (and allow) first.\n",
                    listen.text());
  return text;
}

Result<void> invite(const config::Config& config, const PeerOptions&) {
  TRY_ASSIGN(auto server, find_server(config));
  if (!server)
    return fail(ErrorCode::io, "no proxy runs with this store, and the other side has to reach one: start weir serve");
  TRY_ASSIGN(auto answer, ask_server(config, *server, StoreRequest::change, "/-/peers/invite"));
  try {
    fmt::print("{}", invitation_text(answer));
  } catch (const nlohmann::json::exception&) {
    return fail(ErrorCode::io, "the proxy does not answer as this weir expects: is it of the same version?");
  }
  return {};
}

// --- add

Result<http::Authority> parse_host(const std::string& text) {
  auto address = http::parse_host(text, peer::kDefaultPort);
  if (!address)
    return fail(ErrorCode::invalid,
                "HOST: expected a name or an address of the other machine, and :PORT if it is not " +
                    std::to_string(peer::kDefaultPort));
  return *address;
}

Result<peer::JoinCode> parse_code(const std::string& text) {
  auto code = peer::JoinCode::parse(text);
  if (!code)
    return fail(ErrorCode::invalid, "CODE: expected the 32 letters and digits that weir peer invite printed there");
  return *code;
}

// Where the proxy listens that runs with this configuration, or would.
uint16_t own_port(const config::Config& config) {
  auto server = find_server(config);
  bool running = server && *server && (*server)->address;
  return running ? (*server)->address->port : config.proxy.listen.listen.port;
}

// Who was at this address before had another key, and is not there any more.
Result<void> forget_others(peer::PeerList& list, const peer::Peer& joined) {
  TRY_ASSIGN(auto peers, list.all());
  for (const auto& peer : peers) {
    if (peer.spki == joined.spki || !(peer.address == joined.address)) continue;
    TRY(list.remove(peer.spki.hex()));
    fmt::print("forgot the key that was at {} before, {}\n", peer.address.text(), peer.spki.hex());
  }
  return {};
}

// This command pairs by itself, whether a proxy runs or not: the list of peers is a file, which the proxy looks at.
Result<void> add(const config::Config& config, const PeerOptions& options) {
  TRY_ASSIGN(auto host, parse_host(options.host));
  TRY_ASSIGN(auto code, parse_code(options.code));
  TRY_ASSIGN(auto identity, peer::Identity::open_or_create(config.ca.folder));
  TRY_ASSIGN(auto joined, peer::join(host, code, {identity, peer::own_name(), own_port(config)}, wall_now()));
  peer::PeerList list(config.ca.folder);
  TRY(list.add(joined));
  TRY(forget_others(list, joined));
  fmt::print("paired with {} at {}, key {}\n", joined.name, joined.address.text(), joined.spki.hex());
  return {};
}

// --- ls

// Whether that peer answers there, and still knows this Weir.
std::string state_of(const peer::Peer& peer, const peer::Identity& identity) {
  auto is_it = [&](const Sha256& spki) { return spki == peer.spki; };
  auto channel = peer::Channel::open(peer.address, identity, is_it, kLookTimeout);
  if (!channel) return channel.error().code == ErrorCode::refused ? "another key answers" : "does not answer";
  // The digest of nothing, which is of use to nobody.
  auto answer = (*channel)->ask({"HEAD", "/-/blob/sha256/" + sha256("").hex(), 1, {}});
  if (!answer) return "does not answer";
  return answer->head.status == 403 ? "does not know this Weir" : "answers";
}

Result<void> list(const config::Config& config, const PeerOptions& options) {
  TRY_ASSIGN(auto peers, peer::PeerList(config.ca.folder).all());
  TRY_ASSIGN(auto identity, peer::Identity::open_or_create(config.ca.folder));
  auto json = nlohmann::ordered_json::array();
  for (const auto& peer : peers) {
    auto state = state_of(peer, identity);
    auto since = certs::date_of(peer.since);
    if (options.json) {
      json.push_back({{"name", peer.name},
                      {"address", peer.address.text()},
                      {"spki_sha256", peer.spki.hex()},
                      {"since", unix_seconds(peer.since)},
                      {"state", state}});
    } else {
      fmt::print("{}  {}  key {}  since {}  {}\n", peer.name, peer.address.text(), peer.spki.hex(), since, state);
    }
  }
  if (options.json) fmt::print("{}\n", nlohmann::ordered_json{{"key", identity.spki.hex()}, {"peers", json}}.dump(2));
  if (!options.json && peers.empty()) fmt::print("no peers; weir peer invite begins with one\n");
  return {};
}

// --- rm

Result<void> remove(const config::Config& config, const PeerOptions& options) {
  TRY_ASSIGN(auto removed, peer::PeerList(config.ca.folder).remove(options.host));
  if (removed.empty())
    return fail(ErrorCode::invalid, "there is no peer " + log::escaped(options.host) + "; weir peer ls shows them");
  for (const auto& peer : removed)
    fmt::print("removed {} at {}; it may still list this Weir, until weir peer rm is run there too\n", peer.name,
               peer.address.text());
  return {};
}

}  // namespace

void add_peer(Command& weir) {
  auto command = weir.subcommand("peer", "Other Weirs, which give each other the files that they have");
  auto options = std::make_shared<PeerOptions>();
  add_config_command(command, "invite", "Print a join code with which another Weir may pair with this one", options,
                     invite);
  auto join = add_config_command(command, "add", "Pair with the Weir that printed a join code", options, add);
  join.operand("HOST", options->host, "Its machine, as HOST or HOST:PORT").required();
  join.operand("CODE", options->code, "The join code").required();
  auto ls = add_config_command(command, "ls", "List the peers, and whether they answer", options, list);
  ls.flag("--json", options->json, "As JSON");
  auto rm = add_config_command(command, "rm", "Forget a peer", options, remove);
  rm.operand("HOST", options->host, "Its name, address or key, as weir peer ls shows it").required();
}

}  // namespace weir::cli
