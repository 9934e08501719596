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

unsigned line_of(const toml::node& node) {
  return static_cast<unsigned>(node.source().begin.line);
}

void collect(const toml::table& table, const std::string& prefix, TomlFile& file) {
  for (const auto& [name, node] : table) {
    auto key = prefix + std::string(name.str());
    auto line = line_of(node);
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

// [[table]] one after another, or "table = [{...}, ...]".
bool is_array_of_tables(const toml::node& node) {
  const auto* array = node.as_array();
  return array && !array->empty() &&
         std::all_of(array->begin(), array->end(), [](const toml::node& each) { return each.is_table(); });
}

// Takes the arrays of tables out of the root.
std::vector<TomlTable> take_array_tables(toml::table& root) {
  std::vector<TomlTable> tables;
  std::vector<std::string> names;
  for (const auto& [name, node] : root) {
    if (!is_array_of_tables(node)) continue;
    names.emplace_back(name.str());
    for (const auto& each : *node.as_array()) {
      TomlFile inner;
      collect(*each.as_table(), "", inner);
      // What stands in a table within it is no setting that anybody takes.
      for (const auto& table : inner.tables) inner.settings.push_back(table);
      sort_by_line(inner.settings);
      tables.push_back({names.back(), std::move(inner.settings), line_of(each)});
    }
  }
  for (const auto& name : names) root.erase(name);
  std::stable_sort(tables.begin(), tables.end(),
                   [](const TomlTable& a, const TomlTable& b) { return a.line < b.line; });
  return tables;
}

}  // namespace

tl::expected<TomlFile, SyntaxError> read_toml(std::string_view text) {
  try {
    TomlFile file;
    auto root = toml::parse(text);
    file.array_tables = take_array_tables(root);
    collect(root, "", file);
    sort_by_line(file.settings);
    sort_by_line(file.tables);
    return file;
  } catch (const toml::parse_error& error) {
    return tl::unexpected(
        SyntaxError{static_cast<unsigned>(error.source().begin.line), std::string(error.description())});
  }
}

}  // namespace weir::config
