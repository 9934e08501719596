// SPDX-License-Identifier: Apache-2.0
// What is derived from the table of options for people to read.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "config/option.h"
#include "config/sources.h"

namespace weir::config {
namespace {

constexpr size_t kCommentWidth = 110;
constexpr size_t kLongestKey = 100;  // of an unknown one, as far as it is compared

// `text` as comment lines, broken at spaces.
std::string comment(std::string_view text) {
  std::string out;
  size_t column = 0;
  while (!text.empty()) {
    auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty()) continue;
    bool fits = column > 0 && column + 1 + word.size() <= kCommentWidth;
    if (!fits && column > 0) out += '\n';
    if (!fits) out += '#';
    if (!fits) column = 1;
    out += ' ';
    out += word;
    column += 1 + word.size();
  }
  return out + "\n";
}

std::string key_lines(const Option& option, const Config& config) {
  return fmt::format("\n{}#{} = {}\n", comment(option.help), option.name(), option.show(config));
}

// The least number of characters to insert, remove or replace (Levenshtein).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string_view name_of(std::string_view key) {
  return key.substr(key.rfind('.') + 1);
}

// How far an unknown key is from a known one.  A right name in a wrong section counts as near as a slip of one letter.
size_t distance_to(const Option& option, std::string_view unknown) {
  auto whole = edit_distance(unknown, option.key);
  auto name = edit_distance(name_of(unknown), option.name()) * 2 + 1;
  return std::min(whole, name);
}

}  // namespace

std::string nearest_key(std::string_view unknown) {
  unknown = unknown.substr(0, kLongestKey);
  auto nearest = std::min_element(options().begin(), options().end(), [&](const Option& a, const Option& b) {
    return distance_to(a, unknown) < distance_to(b, unknown);
  });
  return nearest->key;
}

std::string nearest_section(std::string_view unknown) {
  unknown = unknown.substr(0, kLongestKey);
  auto nearest = std::min_element(sections().begin(), sections().end(), [&](const Section& a, const Section& b) {
    return edit_distance(a.name, unknown) < edit_distance(b.name, unknown);
  });
  return nearest->name;
}

std::string example_file() {
  Locations locations;
  locations.data = "~/.local/share/weir";
  auto config = default_config(locations);
  std::string out = "# SPDX-License-Identifier: Apache-2.0\n";
  out += comment(
      "Weir's configuration: every key, commented out, with its default.  Weir reads the file of --config, else "
      "$WEIR_CONFIG, else ~/.config/weir/weir.toml, else /etc/weir/weir.toml.  Times are \"500ms\", \"15s\", \"10m\" "
      "or a "
      "number of seconds; sizes are \"64KiB\", \"16MiB\" or a number of bytes; a host name stands for itself and "
      "everything "
      "under it; ~ is the home folder.");
  for (const auto& section : sections()) {
    out += "\n" + comment(section.help) + "[" + section.name + "]\n";
    for (const auto& option : options())
      if (option.section() == section.name) out += key_lines(option, config);
  }
  return out + "\n" + example_sources();
}

std::string example_sources() {
  auto out = comment(
      "Places beside the hub that missing files come from, all at the same time.  Each has a table of its own with "
      "these keys:");
  for (const auto& key : source_keys()) out += comment(key.name + ": " + key.help);
  return out + R"(#
# A mirror of the hub:
#
#   [[source]]
#   kind = "mirror"
#   endpoint = "https://hub-mirror.example.com"
#
# A bucket on Storj, by the raw link of a read-only share; its files have the paths that the hub's CDN uses:
#
#   [[source]]
#   kind = "storj"
#   prefix = "https://link.storjshare.io/raw/ACCESS/BUCKET"
#   template = "{prefix}{cdn_path}"
#
# A web server in the same building, where a file is in a folder named by the first two digits of its sha256:
#
#   [[source]]
#   name = "nas"
#   kind = "storj"
#   prefix = "https://nas.example.com/blobs"
#   template = "{prefix}/{sha256:0:2}/{sha256}"
#   trusted = true
#
# Another Weir, after weir peer add weir.example.com:
#
#   [[source]]
#   kind = "peer"
#   host = "weir.example.com:9347"
#
# The hub itself, to limit it:
#
#   [[source]]
#   kind = "origin"
#   rate = "20MB"
)";
}

std::string effective_file(const Config& config) {
  std::string out;
  for (const auto& section : sections()) {
    out += (out.empty() ? "[" : "\n[") + section.name + "]\n";
    for (const auto& option : options())
      if (option.section() == section.name) out += std::string(option.name()) + " = " + option.show(config) + "\n";
  }
  return out + effective_sources(config);
}

}  // namespace weir::config
