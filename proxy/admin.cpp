// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/version.h"
#include "http/target.h"
#include "proxy/error_answer.h"
#include "proxy/peer_admin.h"
#include "proxy/peer_blob_exchange.h"
#include "proxy/source_page.h"
#include "proxy/store_admin.h"
#include "proxy/verify_exchange.h"

namespace weir::proxy {
namespace {

class TextExchange : public Exchange {
 public:
  TextExchange(Responder& responder, std::string_view type, std::string text)
      : responder_(responder), type_(type), text_(std::move(text)) {}
  void start() override { answer_text(responder_, 200, type_, text_); }

 private:
  Responder& responder_;
  std::string_view type_;
  std::string text_;
};

uint64_t origin_bytes(const Services& services) {
  return services.fetches.counters().origin_bytes + services.counters.bytes_relayed;
}

uint64_t wrong_files(const Services& services) {
  auto& counters = services.counters;
  return services.fetches.counters().wrong_bytes + counters.wrong_small_files + counters.wrong_passed_files;
}

// A load balancer goes on sending clients here: without room in the store they are served all the same.
std::string health_text(const Services& services) {
  auto trouble = services.store.health().trouble();
  auto misfit = services.store.health().misfit(wall_now());
  nlohmann::ordered_json health;
  health["status"] = trouble ? "degraded" : "ok";
  if (trouble) {
    health["store"] = fmt::format("{}: {}", name_of(trouble->kind), trouble->reason);
    health["since"] = unix_seconds(trouble->since);
  }
  if (misfit) health["passed_by"] = {{"reason", misfit->reason}, {"at", unix_seconds(misfit->when)}};
  return health.dump() + "\n";
}

void add_space(nlohmann::ordered_json& json, cas::BlobStore& store) {
  auto& space = store.space();
  json["partial_bytes"] = store.loose_bytes();
  json["reserved_bytes"] = space.reserved_bytes();
  json["max_size"] = space.limits().max_size;
  json["min_free"] = space.limits().min_free;
  auto evicted = space.evicted();
  json["evicted"] = {{"files", evicted.count}, {"bytes", evicted.bytes}};
}

std::string_view hub_state(const hub::HubHealth& health) {
  if (health.options().mode == hub::OfflineMode::always) return "not asked";
  if (health.is_down()) return "down";
  return health.pause_left(monotonic_now()) ? "paused" : "up";
}

std::string status_json(const Services& services) {
  auto totals = services.store.totals();
  auto& counters = services.counters;
  nlohmann::ordered_json status;
  status["version"] = kVersion;
  status["pid"] = ::getpid();
  status["listen"] = services.listening.text();
  status["started_at"] = unix_seconds(services.started_at);
  status["uptime_seconds"] = unix_seconds(wall_now()) - unix_seconds(services.started_at);
  status["store"] = {{"path", services.store_path}, {"blobs", totals.count}, {"bytes", totals.bytes}};
  add_space(status["store"], services.store);
  auto trouble = services.store.health().trouble();
  status["store"]["writable"] = !trouble;
  if (trouble)
    status["store"]["trouble"] = {
        {"kind", name_of(trouble->kind)}, {"reason", trouble->reason}, {"since", unix_seconds(trouble->since)}};
  for (auto outcome : {Outcome::hit, Outcome::collapsed, Outcome::miss, Outcome::pass, Outcome::tunnel})
    status["requests"][std::string(name_of(outcome))] = counters.requests[static_cast<size_t>(outcome)].load();
  auto& authority = services.authority;
  status["ca"] = {{"fingerprint", authority.fingerprint().hex()},
                  {"not_after", unix_seconds(authority.not_after())},
                  {"warnings", authority.warnings(wall_now())}};
  status["bytes"] = {{"from_store", counters.bytes_from_store.load()},
                     {"from_origin", origin_bytes(services)},
                     {"to_clients", counters.bytes_to_clients.load()}};
  status["hub"] = {{"state", hub_state(services.memory.health())}};
  auto& fetches = services.fetches.counters();
  status["fetches"] = {{"running", fetches.running.load()},     {"started", fetches.started.load()},
                       {"completed", fetches.completed.load()}, {"failed", fetches.failed.load()},
                       {"wrong_bytes", wrong_files(services)},  {"urls_refreshed", fetches.urls_refreshed.load()}};
  status["connections"] = counters.connections.load();
  status["tunnels"] = counters.tunnels.load();
  for (size_t i = 0; i < kPassedByCount; ++i)
    status["passed_by"][std::string(name_of(static_cast<PassedBy>(i)))] = counters.passed_by[i].load();
  return status.dump(2) + "\n";
}

void add_metric(std::string& out, std::string_view name, std::string_view type, std::string_view help, uint64_t value) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n{} {}\n", name, help, name, type, name, value);
}

void add_seconds(std::string& out, std::string_view name, std::string_view help, uint64_t microseconds) {
  auto seconds = static_cast<double>(microseconds) / 1e6;
  out += fmt::format("# HELP {0} {1}\n# TYPE {0} counter\n{0} {2}\n", name, help, seconds);
}

template <typename Counters, typename Name>
void add_labelled(std::string& out, std::string_view name, std::string_view help, std::string_view label,
                  const Counters& counters, Name name_of_index) {
  out += fmt::format("# HELP {} {}\n# TYPE {} counter\n", name, help, name);
  for (size_t i = 0; i < counters.size(); ++i)
    out += fmt::format("{}{{{}=\"{}\"}} {}\n", name, label, name_of_index(i), counters[i].load());
}

std::string metrics_text(const Services& services) {
  auto& counters = services.counters;
  auto& fetches = services.fetches.counters();
  auto totals = services.store.totals();
  std::string out;
  add_labelled(out, "weir_requests_total", "Requests answered, by where the answer came from.", "outcome",
               counters.requests, [](size_t i) { return i == 0 ? "own" : name_of(static_cast<Outcome>(i)); });
  add_labelled(out, "weir_passed_by_total", "Files that went past the store.", "reason", counters.passed_by,
               [](size_t i) { return name_of(static_cast<PassedBy>(i)); });
  add_metric(out, "weir_store_bytes_sent_total", "counter", "Body bytes sent from the store.",
             counters.bytes_from_store);
  add_metric(out, "weir_origin_bytes_received_total", "counter", "Body bytes received from the origin.",
             origin_bytes(services));
  add_metric(out, "weir_client_bytes_sent_total", "counter", "Body bytes sent to clients.", counters.bytes_to_clients);
  add_metric(out, "weir_hub_up", "gauge", "1 while the hub is asked, 0 while it is down or wants a pause.",
             hub_state(services.memory.health()) == "up");
  add_metric(out, "weir_store_blobs", "gauge", "Verified blobs in the store.", totals.count);
  add_metric(out, "weir_store_bytes", "gauge", "Bytes of verified blobs in the store.", totals.bytes);
  auto& space = services.store.space();
  auto evicted = space.evicted();
  add_metric(out, "weir_store_partial_bytes", "gauge", "Bytes of partial blobs in the store.",
             services.store.loose_bytes());
  add_metric(out, "weir_store_reserved_bytes", "gauge", "Bytes that downloads have reserved and not written yet.",
             space.reserved_bytes());
  add_metric(out, "weir_store_max_size_bytes", "gauge", "What the store may take; 0 means no limit.",
             space.limits().max_size);
  add_metric(out, "weir_store_min_free_bytes", "gauge", "What is to be left free on the file system.",
             space.limits().min_free);
  add_metric(out, "weir_store_evicted_files_total", "counter", "Files removed to make room.", evicted.count);
  add_metric(out, "weir_store_evicted_bytes_total", "counter", "Bytes removed to make room.", evicted.bytes);
  add_labelled(out, "weir_store_verified_total", "Blobs that were rehashed, by what was found.", "verdict",
               services.store.verdicts(), [](size_t i) { return name_of(static_cast<cas::Verdict>(i)); });
  add_metric(out, "weir_store_writable", "gauge", "1 while the store takes bytes, 0 while files go past it.",
             services.store.health().writable() ? 1 : 0);
  add_metric(out, "weir_disk_work", "gauge", "Pieces of work that wait for the disk or run on it.",
             services.disk.pending());
  add_metric(out, "weir_fetches_running", "gauge", "Files that are being fetched.", fetches.running);
  add_metric(out, "weir_fetches_completed_total", "counter", "Files fetched and verified.", fetches.completed);
  add_seconds(out, "weir_fetches_publishing_seconds_total",
              "Time between the last byte and the publication of the files fetched.", fetches.publishing_microseconds);
  add_metric(out, "weir_fetches_failed_total", "counter", "Fetches that failed.", fetches.failed);
  add_metric(out, "weir_fetch_retries_total", "counter", "Tries again after a trouble at the origin.", fetches.retries);
  add_metric(out, "weir_wrong_bytes_total", "counter", "Files whose bytes did not match their digest.",
             wrong_files(services));
  add_metric(out, "weir_connections", "gauge", "Client connections.", counters.connections);
  add_metric(out, "weir_connections_total", "counter", "Client connections since the start.",
             counters.connections_total);
  add_metric(out, "weir_tunnels", "gauge", "Tunnels.", counters.tunnels);
  add_metric(out, "weir_handshakes_failed_total", "counter", "TLS handshakes with clients that failed.",
             counters.handshakes_failed);
  return out + source_metrics(services.fetches.sources().reports(monotonic_now()));
}

// A web page whose name was made to resolve to this machine must not read these pages through the user's browser.
// Under TLS a browser takes no certificate for such a name.
bool names_this_machine(const http::RequestHead& request, const Options& options) {
  if (!request.fields.has("Host")) return true;
  auto authority = http::parse_host(request.fields.get("Host"), 80);
  if (!authority) return false;
  auto is_one_of = [&](const auto& names) {
    return std::find(names.begin(), names.end(), authority->host) != names.end();
  };
  bool ours = (options.listen.tls && is_one_of(options.listen.names)) || is_one_of(options.endpoint.names);
  return authority->is_address || authority->host == "localhost" || ours;
}

}  // namespace

std::unique_ptr<Exchange> open_admin(WorkerContext& context, const IpAddress& client, const http::RequestHead& request,
                                     Responder& responder) {
  auto& services = context.services;
  auto refuse = [&](int status, std::string message) {
    return std::make_unique<ErrorExchange>(responder, status, std::move(message));
  };
  auto show = [&](std::string_view type, std::string text) {
    return std::make_unique<TextExchange>(responder, type, std::move(text));
  };
  auto& listen = context.settings->options.listen;
  if (!client.is_loopback() && !any_contains(listen.admin_allow, client))
    return refuse(403, "Weir's own pages are for this machine only; [proxy] admin_allow names others.");
  if (client.is_loopback() && !names_this_machine(request, context.settings->options))
    return refuse(403,
                  "Weir's own pages are read by the address of this machine, as in http://127.0.0.1:9347/-/status.");
  if (auto exchange = open_store_admin(context, client, request, responder)) return exchange;
  if (auto exchange = open_peer_admin(context, client, request, responder)) return exchange;
  if (request.method != "GET" && request.method != "HEAD") return refuse(405, "Weir's own pages are read with GET.");
  auto path = request.target.substr(0, request.target.find('?'));
  if (path.starts_with(kBlobPrefix)) return refuse(403, "Blobs are for paired Weirs, over the TLS between peers.");
  if (path == "/-/health") return show("application/json", health_text(services));
  if (path == "/-/status") return show("application/json", status_json(services));
  if (path == "/-/metrics") return show("text/plain; version=0.0.4; charset=utf-8", metrics_text(services));
  if (path == "/-/sources")
    return show("application/json", sources_json(services.fetches.sources().reports(monotonic_now()), wall_now()));
  if (path == "/-/ca.pem") return show("application/x-pem-file", services.authority.ca_pem());
  return refuse(404, "There are /-/health, /-/status, /-/sources, /-/metrics and /-/ca.pem.");
}

}  // namespace weir::proxy
