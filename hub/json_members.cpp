// SPDX-License-Identifier: Apache-2.0
#include "hub/json_members.h"

#include <string>

namespace weir::hub {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool ends_scalar(char c) {
  return is_space(c) || c == ',' || c == '}' || c == ']' || c == ':' || c == '"' || c == '{' || c == '[';
}

}  // namespace

JsonMembers::JsonMembers(std::string_view object) : text_(object) {
  if (peek(0) != '{') state_ = State::malformed;
  at_ = 1;
}

std::optional<JsonMember> JsonMembers::next() {
  if (state_ != State::first && state_ != State::between) return std::nullopt;
  size_t at = at_;
  skip_space(at);
  if (peek(at) == '}') return finish(at);
  if (state_ == State::between) {
    if (peek(at) != ',') return malformed();
    skip_space(++at);
  }
  JsonMember member;
  size_t begin = at;
  member.separator = text_.substr(at_, begin - at_);
  if (!skip_string(at)) return malformed();
  member.key = text_.substr(begin + 1, at - begin - 2);
  skip_space(at);
  if (peek(at) != ':') return malformed();
  skip_space(++at);
  size_t value = at;
  if (!skip_value(at)) return malformed();
  member.value = text_.substr(value, at - value);
  member.text = text_.substr(begin, at - begin);
  at_ = at;
  state_ = State::between;
  return member;
}

std::optional<JsonMember> JsonMembers::finish(size_t brace) {
  state_ = brace + 1 == text_.size() ? State::complete : State::malformed;
  return std::nullopt;
}

std::optional<JsonMember> JsonMembers::malformed() {
  state_ = State::malformed;
  return std::nullopt;
}

void JsonMembers::skip_space(size_t& at) const {
  while (is_space(peek(at))) ++at;
}

bool JsonMembers::skip_string(size_t& at) const {
  if (peek(at) != '"') return false;
  for (++at; at < text_.size(); ++at) {
    if (text_[at] == '"') {
      ++at;
      return true;
    }
    if (text_[at] == '\\') ++at;
  }
  return false;
}

bool JsonMembers::skip_value(size_t& at) const {
  char first = peek(at);
  if (first == '"') return skip_string(at);
  if (first == '{' || first == '[') return skip_container(at);
  size_t begin = at;
  while (at < text_.size() && !ends_scalar(text_[at])) ++at;
  return at > begin;
}

bool JsonMembers::skip_container(size_t& at) const {
  std::string closers;
  while (at < text_.size()) {
    char c = text_[at];
    if (c == '"') {
      if (!skip_string(at)) return false;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') closers += c == '{' ? '}' : ']';
    if (c != '}' && c != ']') continue;
    if (closers.back() != c) return false;
    closers.pop_back();
    if (closers.empty()) return true;
  }
  return false;
}

}  // namespace weir::hub
