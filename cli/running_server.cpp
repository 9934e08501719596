// SPDX-License-Identifier: Apache-2.0
#include "cli/running_server.h"

#include "cas/blob_store.h"
#include "cli/local_http.h"

namespace weir::cli {
namespace {

constexpr Duration kHealthTimeout{3'000};

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
