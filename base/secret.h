// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace weir {

// A string that is wiped when it goes: tokens, cookies and signed URLs.  It has no stream operator and no formatter, so
// it cannot reach a log by accident.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value) : value_(value) {}
  Secret(const Secret&) = default;
  // Copies and wipes: a short string that is moved stays behind in the object that it was moved from.
  Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }  // NOLINT(performance-move-constructor-init)
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      value_ = other.value_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      value_ = other.value_;
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  bool operator==(const Secret&) const = default;
  bool empty() const { return value_.empty(); }
  // The plain text, for as long as this object lives and is not changed.
  const std::string& reveal() const { return value_; }

 private:
  void wipe();

  std::string value_;
};

}  // namespace weir
