// SPDX-License-Identifier: Apache-2.0
#include "http/fields.h"

#include <algorithm>

#include "http/text.h"

namespace weir::http {

const std::string* Fields::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (equals_ignoring_case(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::string_view Fields::get(std::string_view name) const {
  const std::string* value = find(name);
  return value ? std::string_view(*value) : std::string_view();
}

std::vector<std::string_view> Fields::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& field : fields_) {
    if (equals_ignoring_case(field.name, name)) values.emplace_back(field.value);
  }
  return values;
}

size_t Fields::count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(fields_.begin(), fields_.end(),
                                           [&](const Field& field) { return equals_ignoring_case(field.name, name); }));
}

bool Fields::has_token(std::string_view name, std::string_view token) const {
  for (const Field& field : fields_) {
    if (!equals_ignoring_case(field.name, name)) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      if (equals_ignoring_case(next_element(rest), token)) return true;
    }
  }
  return false;
}

void Fields::add(std::string_view name, std::string_view value) {
  fields_.push_back(Field{std::string(name), std::string(value)});
}

void Fields::set(std::string_view name, std::string_view value) {
  // Copied first: the views may point into the fields that go.
  Field field{std::string(name), std::string(value)};
  remove(field.name);
  fields_.push_back(std::move(field));
}

size_t Fields::remove(std::string_view name) {
  // Copied: the view may point into a field that goes.
  return remove_if(
      [wanted = std::string(name)](const Field& field) { return equals_ignoring_case(field.name, wanted); });
}

}  // namespace weir::http
