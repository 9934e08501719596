// SPDX-License-Identifier: Apache-2.0
#include "cli/source_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "cli/status_report.h"

namespace weir::cli {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::array<std::string, 8>;

uint64_t number_at(const Json& json, const char* name) {
  auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

// Text from outside goes to a terminal: no control characters.  "" for what is not there.
std::string text_at(const Json& json, const char* name) {
  auto found = json.find(name);
  return found != json.end() && found->is_string() ? log::escaped(found->get<std::string>()) : "";
}

bool flag_at(const Json& json, const char* name) {
  auto found = json.find(name);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

bool has_sources(const Json& json) {
  return json.is_object() && json.contains("sources") && json["sources"].is_array();
}

// Columns as wide as their widest cell.
std::string table_of(const std::vector<Row>& rows) {
  std::array<size_t, std::tuple_size_v<Row>> widths{};
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

Row row_of(const Json& source) {
  auto speed = number_at(source, "bytes_per_second");
  auto host = text_at(source, "host");
  return {text_at(source, "name"),
          text_at(source, "kind"),
          host.empty() ? "-" : host,
          text_at(source, "state") + (flag_at(source, "trusted") ? ", trusted" : ""),
          speed == 0 ? "-" : show_bytes(speed) + "/s",
          show_bytes(number_at(source, "bytes")),
          std::to_string(number_at(source, "errors")),
          std::to_string(number_at(source, "blamed"))};
}

// What went wrong there last, and until when it is not asked.
std::string trouble_lines(const Json& source) {
  auto name = text_at(source, "name");
  std::string out;
  if (auto trouble = text_at(source, "trouble"); !trouble.empty())
    out += fmt::format("{}: {}: {}\n", name, show_time(number_at(source, "last_trouble")), trouble);
  if (auto digest = text_at(source, "last_blamed"); !digest.empty())
    out += fmt::format("{}: {}: it sent wrong bytes of {}\n", name, show_time(number_at(source, "last_blame")), digest);
  if (auto until = number_at(source, "left_out_until"); until > 0)
    out += fmt::format("{}: left out until {}\n", name, show_time(until));
  return out;
}

}  // namespace

Result<std::string> sources_text(const std::string& text) {
  auto json = Json::parse(text, nullptr, false);
  if (!has_sources(json))
    return fail(ErrorCode::io, "what the proxy says of its sources is not the JSON object that it should be");
  std::vector<Row> rows = {{"NAME", "KIND", "HOST", "STATE", "SPEED", "SERVED", "ERRORS", "BLAMED"}};
  std::string troubles;
  for (const auto& source : json["sources"]) {
    rows.push_back(row_of(source));
    troubles += trouble_lines(source);
  }
  return table_of(rows) + troubles;
}

std::string sources_since(const std::string& before, const std::string& after) {
  std::map<std::string, uint64_t> given;
  auto was = Json::parse(before, nullptr, false);
  auto is = Json::parse(after, nullptr, false);
  if (!has_sources(was) || !has_sources(is)) return "";
  for (const auto& source : was["sources"]) given[text_at(source, "name")] = number_at(source, "bytes");
  std::string text;
  bool others = false;
  for (const auto& source : is["sources"]) {
    auto name = text_at(source, "name");
    auto bytes = number_at(source, "bytes");
    if (bytes <= given[name]) continue;
    others = others || text_at(source, "kind") != name_of(upstream::SourceKind::origin);
    text += (text.empty() ? "" : ", ") + name + " " + show_bytes(bytes - given[name]);
  }
  return others ? "sources: " + text + "\n" : "";
}

std::string configured_sources_text(const std::vector<upstream::SourceOptions>& sources) {
  std::vector<Row> rows = {{"NAME", "KIND", "HOST", "STATE", "", "", "", ""}};
  for (const auto& source : sources)
    rows.push_back({source.name, std::string(name_of(source.kind)), source.place.empty() ? "-" : source.place,
                    std::string(source.enabled ? "on" : "off") + (source.trusted ? ", trusted" : ""), "", "", "", ""});
  return "no proxy runs on this store; configured are\n" + table_of(rows);
}

std::string configured_sources_json(const std::vector<upstream::SourceOptions>& sources) {
  Json list = Json::array();
  for (const auto& source : sources)
    list.push_back({{"name", source.name},
                    {"kind", name_of(source.kind)},
                    {"host", source.place.empty() ? Json(nullptr) : Json(source.place)},
                    {"enabled", source.enabled},
                    {"trusted", source.trusted},
                    {"state", nullptr}});
  return Json{{"sources", std::move(list)}}.dump(2) + "\n";
}

}  // namespace weir::cli
