// SPDX-License-Identifier: Apache-2.0
#include "proxy/source_page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

namespace weir::proxy {
namespace {

using Json = nlohmann::ordered_json;
using upstream::SourceReport;

Json time_of(const std::optional<Duration>& ago, WallTime now) {
  return ago ? Json(unix_seconds(now - *ago)) : Json(nullptr);
}

Json json_of(const SourceReport& report, WallTime now) {
  Json json;
  json["name"] = report.name;
  json["kind"] = name_of(report.kind);
  json["host"] = report.place.empty() ? Json(nullptr) : Json(report.place);
  json["enabled"] = report.enabled;
  json["trusted"] = report.trusted;
  json["state"] = name_of(report.state);
  json["left_out_until"] = report.left_out_for ? Json(unix_seconds(now + *report.left_out_for)) : Json(nullptr);
  json["last_answer"] = time_of(report.answered_ago, now);
  json["last_trouble"] = time_of(report.failed_ago, now);
  json["trouble"] = report.trouble.empty() ? Json(nullptr) : Json(report.trouble);
  json["bytes"] = report.bytes;
  json["bytes_per_second"] = report.speed;
  json["errors"] = report.errors;
  json["blamed"] = report.blamed;
  json["last_blamed"] = report.blamed_for ? Json(report.blamed_for->hex()) : Json(nullptr);
  json["last_blame"] = time_of(report.blamed_ago, now);
  return json;
}

template <typename Value>
std::string metric(std::string_view name, std::string_view type, std::string_view help,
                   const std::vector<SourceReport>& reports, Value value_of) {
  auto out = fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  // A name has no character that would have to be escaped.
  for (const auto& report : reports)
    out += fmt::format("{}{{source=\"{}\"}} {}\n", name, report.name, value_of(report));
  return out;
}

int up(const SourceReport& report) {
  return report.state == SourceReport::State::reachable || report.state == SourceReport::State::unused ? 1 : 0;
}

}  // namespace

std::string sources_json(const std::vector<SourceReport>& reports, WallTime now) {
  Json list = Json::array();
  for (const auto& report : reports) list.push_back(json_of(report, now));
  // What a source said of its trouble need not be UTF-8.
  return Json{{"sources", std::move(list)}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string source_metrics(const std::vector<SourceReport>& reports) {
  return metric("weir_source_up", "gauge", "1 while a source may be asked, 0 while it is off, in trouble or left out.",
                reports, up) +
         metric("weir_source_bytes_received_total", "counter", "Body bytes received from a source.", reports,
                [](const SourceReport& report) { return report.bytes; }) +
         metric("weir_source_errors_total", "counter", "Troubles with a source.", reports,
                [](const SourceReport& report) { return report.errors; }) +
         metric("weir_source_blamed_total", "counter", "Files of which a source sent wrong bytes.", reports,
                [](const SourceReport& report) { return report.blamed; });
}

}  // namespace weir::proxy
