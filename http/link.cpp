// SPDX-License-Identifier: Apache-2.0
#include "http/link.h"

#include <algorithm>

#include "http/text.h"

namespace weir::http {
namespace {

constexpr Brackets kTargetBrackets{'<', '>'};

std::string without_quotes(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  std::string plain;
  for (size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '\\' && i + 2 < value.size()) ++i;
    plain.push_back(value[i]);
  }
  return plain;
}

void append_words(std::vector<std::string>& words, std::string_view text) {
  for (size_t start = text.find_first_not_of(' '); start != std::string_view::npos;) {
    size_t end = std::min(text.find(' ', start), text.size());
    words.push_back(lower_case(text.substr(start, end - start)));
    start = text.find_first_not_of(' ', end);
  }
}

// Where the parameter at the front of `text` ends: at the next semicolon outside a quoted string, or at the end.
size_t end_of_parameter(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (text[i] == ';' && !quoted)
      return i;
  }
  return text.size();
}

// The relations of the parameters behind the target.  RFC 8288 lets only the first rel count; clients differ, so all do
// here.
std::vector<std::string> relations_of(std::string_view parameters) {
  std::vector<std::string> relations;
  while (!parameters.empty()) {
    size_t end = end_of_parameter(parameters);
    std::string_view parameter = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !equals_ignoring_case(trim(parameter.substr(0, equals)), "rel")) continue;
    append_words(relations, without_quotes(trim(parameter.substr(equals + 1))));
  }
  return relations;
}

Link parse_link(std::string_view element) {
  size_t close = element.find('>');
  if (element.front() != '<' || close == std::string_view::npos) return Link{std::string(element), {}, {}};
  return Link{std::string(element), std::string(element.substr(1, close - 1)), relations_of(element.substr(close + 1))};
}

std::string joined(const std::vector<Link>& links) {
  std::string value;
  for (const Link& link : links) {
    if (!value.empty()) value.append(", ");
    value.append(link.text);
  }
  return value;
}

}  // namespace

bool Link::has_relation(std::string_view relation) const {
  return std::find(relations.begin(), relations.end(), relation) != relations.end();
}

std::vector<Link> parse_links(std::string_view value) {
  std::vector<Link> links;
  while (!value.empty()) {
    std::string_view element = next_element(value, kTargetBrackets);
    if (!element.empty()) links.push_back(parse_link(element));
  }
  return links;
}

size_t drop_link_relations(Fields& fields, const std::vector<std::string_view>& relations) {
  auto is_unwanted = [&relations](const Link& link) {
    return std::any_of(relations.begin(), relations.end(),
                       [&](std::string_view name) { return link.has_relation(name); });
  };
  size_t dropped = 0;
  Fields kept;
  kept.reserve(fields.size());
  for (const Field& field : fields) {
    std::vector<Link> links = equals_ignoring_case(field.name, "link") ? parse_links(field.value) : std::vector<Link>();
    size_t gone = std::erase_if(links, is_unwanted);
    dropped += gone;
    if (gone == 0)
      kept.add(field);
    else if (!links.empty())
      kept.add(field.name, joined(links));
  }
  if (dropped > 0) fields = std::move(kept);
  return dropped;
}

void rename_link_targets(Fields& fields,
                         const std::function<std::optional<std::string>(std::string_view target)>& rename) {
  Fields renamed;
  renamed.reserve(fields.size());
  for (const Field& field : fields) {
    auto links = equals_ignoring_case(field.name, "link") ? parse_links(field.value) : std::vector<Link>();
    bool changed = false;
    for (Link& link : links) {
      auto target = link.text.starts_with('<') ? rename(link.target) : std::nullopt;
      if (!target) continue;
      link.text.replace(1, link.target.size(), *target);
      changed = true;
    }
    renamed.add(field.name, changed ? joined(links) : field.value);
  }
  fields = std::move(renamed);
}

}  // namespace weir::http
