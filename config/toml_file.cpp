// SPDX-License-Identifier: Apache-2.0
#include "config/toml_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>

namespace weir::config {
namespace {

std::optional<Scalar> scalar_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return Scalar(text->get());
  if (const auto* flag = node.as_boolean()) return Scalar(flag->get());
  if (const auto* whole = node.as_integer()) return Scalar(whole->get());
  if (const auto* fraction = node.as_floating_point()) return Scalar(fraction->get());
  return std::nullopt;
}

Value list_of(const toml::array& array) {
  List list;
  for (const auto& node : array) {
    auto scalar = scalar_of(node);
    if (!scalar) return Other{};
    list.push_back(std::move(*scalar));
  }
  return list;
}

Value value_of(const toml::node& node) {
  if (auto scalar = scalar_of(node)) return *scalar;
  if (const auto* array = node.as_array()) return list_of(*array);
  return Other{};
}

void collect(const toml::table& table, const std::string& prefix, TomlFile& file) {
  for (const auto& [name, node] : table) {
    auto key = prefix + std::string(name.str());
    auto line = static_cast<unsigned>(node.source().begin.line);
    if (const auto* inner = node.as_table()) {
      file.tables.push_back({key, Other{}, line});
      collect(*inner, key + ".", file);
    } else {
      file.settings.push_back({key, value_of(node), line});
    }
  }
}

void sort_by_line(std::vector<Setting>& settings) {
  std::stable_sort(settings.begin(), settings.end(),
                   [](const Setting& a, const Setting& b) { return a.line < b.line; });
}

}  // namespace

tl::expected<TomlFile, SyntaxError> read_toml(std::string_view text) {
  try {
    TomlFile file;
    collect(toml::parse(text), "", file);
    sort_by_line(file.settings);
    sort_by_line(file.tables);
    return file;
  } catch (const toml::parse_error& error) {
    return tl::unexpected(
        SyntaxError{static_cast<unsigned>(error.source().begin.line), std::string(error.description())});
  }
}

}  // namespace weir::config
