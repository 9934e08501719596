// SPDX-License-Identifier: Apache-2.0
#include "cli/gc_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/status_report.h"
#include "cli/store_contents.h"

namespace weir::cli {
namespace {

using Json = nlohmann::json;

uint64_t number_at(const Json& json, const char* name) {
  auto number = json.find(name);
  return number != json.end() && number->is_number_unsigned() ? number->get<uint64_t>() : 0;
}

// Ordered by digest, as add_names() wants it.
std::vector<StoredBlob> files_at(const Json& json, const char* name) {
  std::vector<StoredBlob> files;
  auto list = json.find(name);
  if (list == json.end() || !list->is_array()) return files;
  for (const auto& each : *list) {
    auto digest = each.is_object() ? Sha256::from_hex(each.value("sha256", "")) : std::nullopt;
    if (digest) files.push_back({*digest, number_at(each, "size"), {}});
  }
  std::sort(files.begin(), files.end(), [](const StoredBlob& a, const StoredBlob& b) { return a.digest < b.digest; });
  return files;
}

}  // namespace

Result<std::string> collected_text(const std::string& answer, const std::filesystem::path& store_root, Tense tense) {
  auto json = Json::parse(answer, nullptr, false);
  if (!json.is_object()) return fail(ErrorCode::io, "the proxy's answer is not the JSON object that it should be");
  std::string out;
  size_t named = 0;
  for (const auto* kind : {"partials", "blobs"}) {
    auto files = files_at(json, kind);
    TRY(add_names(store_root, files));
    named += files.size();
    for (const auto& file : files) out += blob_lines(file);
  }
  auto count = number_at(json, "count");
  if (count > named) out += fmt::format("... and {}\n", counted(count - named, "more file"));
  out += fmt::format("{} {}, {}\n", tense == Tense::removed ? "removed" : "would remove", counted(count, "file"),
                     show_bytes(number_at(json, "bytes")));
  if (auto rest = number_at(json, "short_by"); rest > 0)
    out += fmt::format("{} above the limit cannot go: they are open, pinned or being downloaded\n", show_bytes(rest));
  return out;
}

}  // namespace weir::cli
