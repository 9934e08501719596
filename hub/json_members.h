// SPDX-License-Identifier: Apache-2.0
// Walks the members of a JSON object that is there as a whole text, without making values of them (RFC 8259).  Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::hub {

// All are views of the object's text.
struct JsonMember {
  std::string_view separator;  // between the member before, or the brace, and this one
  std::string_view text;       // from the key's quote to the value's last byte
  std::string_view key;        // without quotes, escapes as they came
  std::string_view value;
};

class JsonMembers {
 public:
  explicit JsonMembers(std::string_view object);

  // The next member; nothing at the end or at what is not well-formed.
  std::optional<JsonMember> next();
  // True when the whole text was one object.  Values were checked for balance only, not for their grammar.
  bool complete() const { return state_ == State::complete; }
  // After the last member: what stands between it and the end, the brace included.
  std::string_view rest() const { return text_.substr(at_); }

 private:
  enum class State { first, between, complete, malformed };

  std::optional<JsonMember> malformed();
  void skip_space(size_t& at) const;
  bool skip_string(size_t& at) const;
  bool skip_value(size_t& at) const;
  bool skip_container(size_t& at) const;
  std::optional<JsonMember> finish(size_t brace);
  char peek(size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  std::string_view text_;
  size_t at_ = 0;  // behind the member before
  State state_ = State::first;
};

}  // namespace weir::hub
