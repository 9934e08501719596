// SPDX-License-Identifier: Apache-2.0
#include "cli/running_server.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "cas/blob_store.h"
#include "cli/local_http.h"

namespace weir::cli {
namespace {

constexpr Duration kHealthTimeout{3'000};

bool serves(const ProxyContact& server, const std::filesystem::path& store_root) {
  auto answer = local_get(server, "/-/status", kHealthTimeout);
  if (!answer || answer->status != 200) return false;
  auto status = nlohmann::json::parse(answer->body, nullptr, false);
  const nlohmann::json::json_pointer path("/store/path");
  if (!status.contains(path) || !status.at(path).is_string()) return false;
  std::error_code error;
  return std::filesystem::equivalent(status.at(path).get<std::string>(), store_root, error);
}

}  // namespace

Result<std::optional<RunningServer>> find_server(const std::filesystem::path& store_root) {
  std::error_code error;
  if (!std::filesystem::exists(store_root, error)) return std::nullopt;
  TRY_ASSIGN(auto note, cas::BlobStore::read_lock_note(store_root));
  if (!note) return std::nullopt;
  RunningServer server;
  server.pid = note->pid;
  if (auto listen = Endpoint::parse(note->address)) server.address = reachable(*listen);
  return server;
}

Result<std::optional<RunningServer>> find_server(const config::Config& config) {
  TRY_ASSIGN(auto server, find_server(config.store.root));
  auto listen = reachable(config.proxy.listen.listen);
  bool wrote_nothing = server && server->pid == 0 && !server->address;
  if (wrote_nothing && serves(contact_of(config, listen), config.store.root)) server->address = listen;
  return server;
}

std::string holder(const RunningServer& server) {
  return server.pid ? "process " + std::to_string(server.pid) : "another process";
}

Endpoint reachable(const Endpoint& listen) {
  if (listen.address == *IpAddress::parse("0.0.0.0")) return {*IpAddress::parse("127.0.0.1"), listen.port};
  if (listen.address == *IpAddress::parse("::")) return {*IpAddress::parse("::1"), listen.port};
  return listen;
}

bool answers(const ProxyContact& server) {
  if (server.endpoint.port == 0) return false;
  auto answer = local_get(server, "/-/health", kHealthTimeout);
  // 403: it listens on an address of the network and keeps its pages from there.
  return answer && (answer->status == 200 || answer->status == 403);
}

}  // namespace weir::cli
