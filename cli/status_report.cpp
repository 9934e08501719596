// SPDX-License-Identifier: Apache-2.0
#include "cli/status_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "base/log.h"
#include "cli/local_http.h"

namespace weir::cli {
namespace {

using Json = nlohmann::json;

constexpr Duration kStatusTimeout{5'000};

Json parse_object(const std::string& text) {
  auto json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json();
}

// The member of nested objects: "requests", "hit".  Zero where there is none.
uint64_t number_at(const Json& json, const char* outer, const char* inner) {
  auto object = json.find(outer);
  if (object == json.end() || !object->is_object()) return 0;
  auto number = object->find(inner);
  return number != object->end() && number->is_number_unsigned() ? number->get<uint64_t>() : 0;
}

uint64_t number_at(const Json& json, const char* name) {
  auto number = json.find(name);
  return number != json.end() && number->is_number_unsigned() ? number->get<uint64_t>() : 0;
}

// Text from outside goes to a terminal: no control characters.
std::string text_at(const Json& json, const char* name) {
  auto text = json.find(name);
  return text != json.end() && text->is_string() ? log::escaped(text->get<std::string>()) : "?";
}

std::string show_seconds(uint64_t seconds) {
  if (seconds >= 86'400) return fmt::format("{} d {} h", seconds / 86'400, seconds % 86'400 / 3'600);
  if (seconds >= 3'600) return fmt::format("{} h {} min", seconds / 3'600, seconds % 3'600 / 60);
  if (seconds >= 60) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} s", seconds);
}

std::string server_line(const Json& json) {
  return fmt::format("weir {} runs as process {} on {}, since {} ({})\n", text_at(json, "version"),
                     number_at(json, "pid"), text_at(json, "listen"), show_time(number_at(json, "started_at")),
                     show_seconds(number_at(json, "uptime_seconds")));
}

// Nothing where there is no limit and was none.
std::string space_line(const Json& json) {
  auto max_size = number_at(json, "store", "max_size");
  auto store = json.find("store");
  uint64_t evicted = 0;
  uint64_t evicted_bytes = 0;
  if (store != json.end() && store->is_object()) {
    evicted = number_at(*store, "evicted", "files");
    evicted_bytes = number_at(*store, "evicted", "bytes");
  }
  if (max_size == 0 && evicted == 0) return "";
  auto limit = max_size > 0 ? show_bytes(max_size) + " at most" : std::string("no limit");
  return fmt::format("space     {}; {} partly there, {} reserved; {} ({}) removed to make room\n", limit,
                     show_bytes(number_at(json, "store", "partial_bytes")),
                     show_bytes(number_at(json, "store", "reserved_bytes")), counted(evicted, "file"),
                     show_bytes(evicted_bytes));
}

std::string store_line(const Json& json) {
  auto store = json.find("store");
  auto path = store != json.end() && store->is_object() ? text_at(*store, "path") : "?";
  auto out = fmt::format("store     {}, {} in {}\n", counted(number_at(json, "store", "blobs"), "blob"),
                         show_bytes(number_at(json, "store", "bytes")), path);
  return out + space_line(json);
}

std::string traffic_lines(const Json& json) {
  auto requests = [&](const char* outcome) { return number_at(json, "requests", outcome); };
  auto bytes = [&](const char* way) { return show_bytes(number_at(json, "bytes", way)); };
  auto out = fmt::format("requests  {} hit, {} collapsed, {} miss, {} pass, {} tunnel\n", requests("hit"),
                         requests("collapsed"), requests("miss"), requests("pass"), requests("tunnel"));
  out += fmt::format("bytes     {} from the store (saved), {} from the hub, {} to clients\n", bytes("from_store"),
                     bytes("from_origin"), bytes("to_clients"));
  return out + fmt::format("now       {}, {}, {}\n", counted(number_at(json, "connections"), "connection"),
                           counted(number_at(json, "tunnels"), "tunnel"),
                           counted(number_at(json, "fetches", "running"), "download"));
}

// Nothing while the store takes bytes.
std::string store_trouble_line(const Json& json) {
  auto store = json.find("store");
  if (store == json.end() || !store->is_object() || !store->contains("trouble")) return "";
  const auto& trouble = (*store)["trouble"];
  if (!trouble.is_object()) return "";
  return fmt::format("trouble   the store is {} since {}, files go past it: {}\n", text_at(trouble, "kind"),
                     show_time(number_at(trouble, "since")), text_at(trouble, "reason"));
}

// Nothing while the hub is asked.
std::string hub_line(const Json& json) {
  auto hub = json.find("hub");
  if (hub == json.end() || !hub->is_object()) return "";
  auto state = text_at(*hub, "state");
  if (state == "down") return "trouble   the hub cannot be reached: what is held and remembered is served\n";
  if (state == "paused") return "trouble   the hub asked for a pause (429): what is held and remembered is served\n";
  return state == "not asked" ? "hub       is not asked ([offline] mode): what is held and remembered is served\n" : "";
}

// Nothing when there is none.
std::string trouble_lines(const Json& json) {
  auto out = store_trouble_line(json) + hub_line(json);
  auto wrong = number_at(json, "fetches", "wrong_bytes");
  if (wrong > 0) out += fmt::format("trouble   {} with wrong bytes, in quarantine\n", counted(wrong, "download"));
  uint64_t passed = 0;
  if (auto by = json.find("passed_by"); by != json.end() && by->is_object())
    for (const auto& count : *by) passed += count.is_number_unsigned() ? count.get<uint64_t>() : 0;
  if (auto ca = json.find("ca"); ca != json.end() && ca->is_object() && ca->contains("warnings"))
    for (const auto& warning : (*ca)["warnings"])
      if (warning.is_string()) out += fmt::format("trouble   {}\n", log::escaped(warning.get<std::string>()));
  if (passed > 0) out += fmt::format("trouble   {} went past the store; the log says why\n", counted(passed, "file"));
  return out;
}

Json json_of(const StoredBlob& blob) {
  Json names = Json::array();
  for (const auto& name : blob.names)
    names.push_back({{"repo", name.repo}, {"revision", name.revision}, {"path", name.path}});
  return {{"sha256", blob.digest.hex()}, {"size", blob.size}, {"names", std::move(names)}};
}

// Printable text of the hub: UTF-8 is kept, control characters are not.
std::string printable(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

}  // namespace

std::string show_bytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto shown = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  // What would be rounded up to 1000.0 is 1.0 of the next unit.
  while (shown >= 999.95 && unit + 1 < std::size(kUnits)) {
    shown /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", shown, kUnits[unit]);
}

std::string show_time(uint64_t unix_time) {
  auto seconds = static_cast<time_t>(unix_time);
  tm parts{};
  char text[64] = "?";
  if (gmtime_r(&seconds, &parts)) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

std::string counted(uint64_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

Result<std::string> status_text(const std::string& text) {
  auto json = parse_object(text);
  if (!json.is_object()) return fail(ErrorCode::io, "the proxy's status is not the JSON object that it should be");
  return server_line(json) + store_line(json) + traffic_lines(json) + trouble_lines(json);
}

std::optional<Transfers> parse_transfers(const std::string& text) {
  auto json = parse_object(text);
  if (!json.is_object() || !json.contains("bytes")) return std::nullopt;
  return Transfers{number_at(json, "bytes", "from_store"), number_at(json, "bytes", "from_origin")};
}

std::optional<Transfers> fetch_transfers(const ProxyContact& server) {
  auto answer = local_get(server, "/-/status", kStatusTimeout);
  return answer && answer->status == 200 ? parse_transfers(answer->body) : std::nullopt;
}

std::string summary_of(const Transfers& before, const Transfers& after) {
  // A proxy that was started anew meanwhile counts from nothing.
  auto store = after.from_store - std::min(before.from_store, after.from_store);
  auto origin = after.from_origin - std::min(before.from_origin, after.from_origin);
  if (store == 0 && origin == 0) return "";
  return show_bytes(store) + " from the store, " + show_bytes(origin) + " from the hub";
}

std::string blobs_json(const std::vector<StoredBlob>& blobs) {
  Json list = Json::array();
  for (const auto& blob : blobs) list.push_back(json_of(blob));
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string blob_lines(const StoredBlob& blob) {
  auto out = fmt::format("{}  {:>9}\n", blob.digest.hex(), show_bytes(blob.size));
  for (const auto& name : blob.names)
    out += fmt::format("    {} {} {}\n", printable(name.repo), printable(name.revision), printable(name.path));
  return out;
}

std::string blobs_text(const std::vector<StoredBlob>& blobs) {
  std::string out;
  uint64_t bytes = 0;
  for (const auto& blob : blobs) {
    bytes += blob.size;
    out += blob_lines(blob);
  }
  return out + counted(blobs.size(), "blob") + ", " + show_bytes(bytes) + "\n";
}

std::string held_files_json(const std::vector<HeldFile>& files) {
  Json list = Json::array();
  for (const auto& [named, blob] : files)
    list.push_back({{"path", named.file.path},
                    {"revision", named.file.revision},
                    {"commit", named.commit},
                    {"size", named.blob.size},
                    {"sha256", named.blob.digest.hex()},
                    {"blob", blob.string()}});
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string held_files_text(const std::vector<HeldFile>& files) {
  std::string out;
  std::set<Sha256> blobs;
  uint64_t bytes = 0;
  for (const auto& [named, blob] : files) {
    if (blobs.insert(named.blob.digest).second) bytes += named.blob.size;
    bool says_more = !named.commit.empty() && named.commit != named.file.revision;
    out += fmt::format("{}\n    {}{}  {}\n    sha256 {}\n    {}\n", printable(named.file.path),
                       printable(named.file.revision), says_more ? " = " + printable(named.commit) : "",
                       show_bytes(named.blob.size), named.blob.digest.hex(), printable(blob.string()));
  }
  return out + counted(files.size(), "file") + ", " + show_bytes(bytes) + "\n";
}

}  // namespace weir::cli
