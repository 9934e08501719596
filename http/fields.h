// SPDX-License-Identifier: Apache-2.0
// The header fields of one message, in order (RFC 9110, section 5).  Names compare without case; values are kept as
// they came, without the white space around them.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::http {

struct Field {
  std::string name;
  std::string value;

  bool operator==(const Field&) const = default;
};

class Fields {
 public:
  Fields() = default;
  Fields(std::initializer_list<Field> fields) : fields_(fields) {}

  bool operator==(const Fields&) const = default;

  // The first value of that name, or null.  Valid until the fields change.
  const std::string* find(std::string_view name) const;
  // The first value, or "".
  std::string_view get(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  size_t count(std::string_view name) const;
  // True when a comma-separated list field holds `token` (without case), in any of its lines.
  bool has_token(std::string_view name, std::string_view token) const;

  void add(std::string_view name, std::string_view value);
  void add(Field field) { fields_.push_back(std::move(field)); }
  // Replaces all of that name by one.
  void set(std::string_view name, std::string_view value);
  // Returns how many went.
  size_t remove(std::string_view name);
  // Removes each field that `unwanted(field)` is true of.  Returns how many went.
  template <typename Predicate>
  size_t remove_if(Predicate unwanted) {
    return std::erase_if(fields_, unwanted);
  }
  // Makes room for `count` fields.
  void reserve(size_t count) { fields_.reserve(count); }

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

}  // namespace weir::http
