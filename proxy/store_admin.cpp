// SPDX-License-Identifier: Apache-2.0
#include "proxy/store_admin.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "http/target.h"
#include "hub/pins.h"
#include "proxy/error_answer.h"
#include "proxy/store_removal.h"
#include "proxy/verify_exchange.h"

namespace weir::proxy {
namespace {

using Json = nlohmann::ordered_json;

// An answer names so many files at most; its counts are of all.
constexpr size_t kMaxNamed = 50'000;

int status_of(const Error& error) {
  if (error.code == ErrorCode::refused) return 403;
  return error.code == ErrorCode::invalid ? 400 : 500;
}

// Runs `work` on the disk pool and answers with what it gives.
class StoreExchange : public Exchange {
 public:
  using Work = std::function<Result<std::string>()>;

  StoreExchange(WorkerContext& context, Responder& responder, Work work)
      : context_(context), responder_(responder), work_(std::move(work)) {}

  void start() override {
    task_ = context_.services.disk.submit<Result<std::string>>(
        context_.loop, std::move(work_), [this](Result<std::string> text) {
          if (!text) return answer_error(responder_, status_of(text.error()), text.error().message);
          answer_text(responder_, 200, "application/json", *text);
        });
  }

 private:
  WorkerContext& context_;
  Responder& responder_;
  Work work_;
  DiskTask task_;
};

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json list_of(const std::vector<cas::Candidate>& files, size_t room) {
  Json list = Json::array();
  for (const auto& file : files) {
    if (list.size() == room) break;
    list.push_back({{"sha256", file.digest.hex()}, {"size", file.bytes}});
  }
  return list;
}

Result<std::string> list_pins(const hub::Pins& pins) {
  TRY_ASSIGN(auto listed, pins.list());
  Json json;
  json["pins"] = Json::array();
  for (const auto& pin : listed) json["pins"].push_back(pin.text());
  return text_of(json);
}

// Writes down what waits to be written, for another process that reads it.
Result<std::string> write_down(Services& services) {
  services.catalog.flush();
  TRY(services.store.flush());
  return text_of({{"written", true}});
}

enum class PinChange { add, remove };

Result<std::string> change_pin(Services& services, PinChange change, const std::string& text) {
  TRY_ASSIGN(auto pin, hub::parse_pin(text));
  auto& pins = services.catalog.pins();
  TRY_ASSIGN(bool changed, change == PinChange::add ? pins.add(pin) : pins.remove(pin));
  if (changed) services.store.space().choose_anew();
  Json json;
  json["pin"] = pin.text();
  json["changed"] = changed;
  return text_of(json);
}

// The values of all parameters of that name.
std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  while (!query.empty()) {
    auto parameter = query.substr(0, query.find('&'));
    if (auto value = http::query_value(parameter, name)) values.push_back(std::move(*value));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
  }
  return values;
}

Result<std::string> remove_named(Services& services, const std::vector<std::string>& hosts, const std::string& query) {
  TRY_ASSIGN(auto which, hub::parse_pin(http::query_value(query, "repo").value_or("")));
  auto catalog = std::filesystem::path(services.store_path) / "catalog.db";
  return remove_files({services.store, services.catalog, services.memory, catalog, hosts},
                      {which, query_values(query, "path")});
}

std::optional<uint64_t> number_in(const std::string& text) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Who asks from this machine comes from loopback, or from the very address that it asks.
bool is_on_this_machine(const Services& services, const IpAddress& client) {
  return client.is_loopback() || client == services.listening.address;
}

}  // namespace

std::optional<std::string> refusal_of_command(const Services& services, const IpAddress& client,
                                              const http::RequestHead& request) {
  if (!is_on_this_machine(services, client)) return "Weir takes commands from the machine that it runs on alone.";
  if (!request.fields.has(kCommandField) || request.fields.has("Origin"))
    return "This page is for weir gc, rm, ls, verify, pin, unpin and peer: a request needs the field " +
           std::string(kCommandField) + ", and must not come from a web page.";
  return std::nullopt;
}

Result<std::string> collect_answer(cas::Space& space, cas::Collect mode, std::optional<uint64_t> max_size) {
  TRY_ASSIGN(auto collected, space.collect(mode, max_size));
  Json json;
  json["count"] = collected.partials.size() + collected.blobs.size();
  json["bytes"] = collected.bytes;
  json["short_by"] = collected.short_by;
  json["partials"] = list_of(collected.partials, kMaxNamed);
  json["blobs"] = list_of(collected.blobs, kMaxNamed - json["partials"].size());
  return text_of(json);
}

std::unique_ptr<Exchange> open_store_admin(WorkerContext& context, const IpAddress& client,
                                           const http::RequestHead& request, Responder& responder) {
  auto& services = context.services;
  auto refuse = [&](int status, std::string message) {
    return std::make_unique<ErrorExchange>(responder, status, std::move(message));
  };
  auto run = [&](StoreExchange::Work work) {
    return std::make_unique<StoreExchange>(context, responder, std::move(work));
  };
  auto target = http::split_target(request.target);
  bool changes = target.path == "/-/gc" || target.path == "/-/pins/add" || target.path == "/-/pins/remove" ||
                 target.path == "/-/rm" || target.path == "/-/sync" || target.path == "/-/verify";
  if (target.path == "/-/pins" && request.method == "GET")
    return run([&services] { return list_pins(services.catalog.pins()); });
  if (!changes) return nullptr;
  if (request.method != "POST") return refuse(405, "This page takes POST.");
  if (auto refusal = refusal_of_command(services, client, request)) return refuse(403, *refusal);
  if (target.path == "/-/verify") return open_verify(context, target.query, responder);
  if (target.path == "/-/sync") return run([&services] { return write_down(services); });
  if (target.path == "/-/rm")
    return run([&services, hosts = context.settings->options.intercept.hosts, query = std::string(target.query)] {
      return remove_named(services, hosts, query);
    });
  if (target.path != "/-/gc") {
    auto change = target.path == "/-/pins/add" ? PinChange::add : PinChange::remove;
    auto repo = http::query_value(target.query, "repo").value_or("");
    return run([&services, change, repo] { return change_pin(services, change, repo); });
  }
  auto mode = http::query_value(target.query, "dry_run") ? cas::Collect::dry_run : cas::Collect::for_real;
  auto max_size = http::query_value(target.query, "max_size");
  auto bytes = max_size ? number_in(*max_size) : std::nullopt;
  if (max_size && !bytes) return refuse(400, "max_size is a number of bytes.");
  return run([&services, mode, bytes] { return collect_answer(services.store.space(), mode, bytes); });
}

}  // namespace weir::proxy
