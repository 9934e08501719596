// SPDX-License-Identifier: Apache-2.0
// Makes Options of each kind of value.  `field` is a generic callable that gives the field of a Config, const or not.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/option.h"

namespace weir::config {

// A value that is there, or the sentence that says what would do.
inline Result<void> expected(const std::string& what) {
  return fail(ErrorCode::invalid, "expected " + what);
}

// The value as one scalar of the type T, or null.
template <typename T>
const T* scalar_of(const Value& value) {
  const auto* scalar = std::get_if<Scalar>(&value);
  return scalar ? std::get_if<T>(scalar) : nullptr;
}

struct Text {
  std::string key, help;
};

template <typename Field>
auto copier(Field field) {
  return [field](Config& to, const Config& from) { field(to) = field(from); };
}

// The same option, as one that a running proxy takes up.
inline Option reloadable(Option option) {
  option.reloadable = true;
  return option;
}

template <typename Field>
Option boolean_option(Text text, Field field) {
  auto set = [field](Config& config, const Value& value, const ValueContext&) -> Result<void> {
    const auto* flag = scalar_of<bool>(value);
    if (!flag) return expected("true or false");
    field(config) = *flag;
    return {};
  };
  auto show = [field](const Config& config) -> std::string { return field(config) ? "true" : "false"; };
  return Option{std::move(text.key), "true or false", std::move(text.help), set, show, copier(field)};
}

template <typename Field>
Option count_option(Text text, int64_t least, int64_t most, Field field) {
  auto what = fmt::format("a whole number from {} to {}", least, most);
  auto set = [field, what, least, most](Config& config, const Value& value, const ValueContext&) -> Result<void> {
    const auto* number = scalar_of<int64_t>(value);
    if (!number || *number < least || *number > most) return expected(what);
    field(config) = static_cast<size_t>(*number);
    return {};
  };
  auto show = [field](const Config& config) { return std::to_string(field(config)); };
  return Option{std::move(text.key), what, std::move(text.help), set, show, copier(field)};
}

template <typename Field>
Option size_option(Text text, uint64_t least, uint64_t most, Field field) {
  auto what = fmt::format("a size from {} to {} such as \"64KiB\" or \"16MiB\", or a number of bytes", show_size(least),
                          show_size(most));
  auto set = [field, what, least, most](Config& config, const Value& value, const ValueContext&) -> Result<void> {
    const auto* scalar = std::get_if<Scalar>(&value);
    auto bytes = scalar ? parse_size(*scalar) : std::nullopt;
    if (!bytes || *bytes < least || *bytes > most) return expected(what);
    field(config) = *bytes;
    return {};
  };
  auto show = [field](const Config& config) { return toml_string(show_size(field(config))); };
  return Option{std::move(text.key), what, std::move(text.help), set, show, copier(field)};
}

enum class Zero { refused, taken };

template <typename Field>
Option duration_option(Text text, Zero zero, Field field) {
  std::string what = "a time such as \"500ms\", \"15s\" or \"10m\", or a number of seconds";
  if (zero == Zero::refused) what += ", above 0";
  auto set = [field, what, zero](Config& config, const Value& value, const ValueContext&) -> Result<void> {
    const auto* scalar = std::get_if<Scalar>(&value);
    auto duration = scalar ? parse_duration(*scalar) : std::nullopt;
    if (!duration || (zero == Zero::refused && *duration == Duration(0))) return expected(what);
    field(config) = *duration;
    return {};
  };
  auto show = [field](const Config& config) { return toml_string(show_duration(field(config))); };
  return Option{std::move(text.key), what, std::move(text.help), set, show, copier(field)};
}

enum class Empty { refused, taken };

template <typename Field>
Option path_option(Text text, const std::string& what, Empty empty, Field field) {
  auto set = [field, what, empty](Config& config, const Value& value, const ValueContext& context) -> Result<void> {
    const auto* path = scalar_of<std::string>(value);
    if (!path || (empty == Empty::refused && path->empty()) || path->find('\0') != std::string::npos)
      return expected(what);
    field(config) = path->empty() ? std::filesystem::path() : resolve_path(*path, context.folder, context.home);
    return {};
  };
  auto show = [field](const Config& config) { return toml_string(field(config).string()); };
  return Option{std::move(text.key), what, std::move(text.help), set, show, copier(field)};
}

// One of a few words.
template <typename Enum, typename Field>
Option choice_option(Text text, std::vector<std::pair<std::string, Enum>> choices, Field field) {
  std::string what;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) what += i + 1 == choices.size() ? " or " : ", ";
    what += toml_string(choices[i].first);
  }
  auto set = [field, what, choices](Config& config, const Value& value, const ValueContext&) -> Result<void> {
    const auto* word = scalar_of<std::string>(value);
    auto chosen =
        std::find_if(choices.begin(), choices.end(), [&](auto& choice) { return word && choice.first == *word; });
    if (chosen == choices.end()) return expected(what);
    field(config) = chosen->second;
    return {};
  };
  auto show = [field, choices](const Config& config) {
    auto chosen =
        std::find_if(choices.begin(), choices.end(), [&](auto& choice) { return choice.second == field(config); });
    return toml_string(chosen->first);
  };
  return Option{std::move(text.key), what, std::move(text.help), set, show, copier(field)};
}

// How one item of a list is read and shown.
template <typename T>
struct Item {
  std::string expected;  // of the whole list
  std::function<Result<T>(const Scalar&)> parse;
  std::function<std::string(const T&)> show;
};

template <typename T, typename Field>
Option list_option(Text text, const Item<T>& item, Empty empty, Field field) {
  auto what = empty == Empty::refused ? item.expected + ", one at least" : item.expected;
  auto set = [field, what, item, empty](Config& config, const Value& value, const ValueContext&) -> Result<void> {
    const auto* list = std::get_if<List>(&value);
    if (!list || (empty == Empty::refused && list->empty())) return expected(what);
    std::vector<T> items;
    for (const auto& scalar : *list) {
      TRY_ASSIGN(auto parsed, item.parse(scalar));
      items.push_back(std::move(parsed));
    }
    field(config) = std::move(items);
    return {};
  };
  auto show = [field, item](const Config& config) {
    std::vector<std::string> shown;
    for (const auto& each : field(config)) shown.push_back(item.show(each));
    return fmt::format("[{}]", fmt::join(shown, ", "));
  };
  return Option{std::move(text.key), what, std::move(text.help), set, show, copier(field)};
}

}  // namespace weir::config
