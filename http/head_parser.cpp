// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "http/head.h"
#include "http/target.h"
#include "http/text.h"

namespace weir::http {
namespace {

constexpr size_t kMaxMethod = 32;
constexpr uint16_t kHttpPort = 80;

// The statuses that one kind of head is refused with.
struct Statuses {
  int malformed;
  int too_large;
};
constexpr Statuses kRequestStatuses{400, 431};
constexpr Statuses kResponseStatuses{502, 502};

// Takes the first line off `rest`, without its CRLF; nothing when there is no CRLF.  The line holds no CR, but may hold
// a bare LF.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const void* found = rest.empty() ? nullptr : std::memchr(rest.data(), '\r', rest.size());
  if (!found) return std::nullopt;
  auto length = static_cast<size_t>(static_cast<const char*>(found) - rest.data());
  if (length + 1 >= rest.size() || rest[length + 1] != '\n') return std::nullopt;
  std::string_view line = rest.substr(0, length);
  rest.remove_prefix(length + 2);
  return line;
}

Parsed<Field> parse_field(std::string_view line, size_t max_name, Statuses statuses) {
  size_t colon = line.find(':');
  std::string_view name = line.substr(0, colon);
  if (line.front() == ' ' || line.front() == '\t') {
    return refuse(statuses.malformed, "A header field goes on in a second line; write it in one line.");
  }
  if (colon == std::string_view::npos || !is_token(name)) {
    return refuse(statuses.malformed, "A header line does not begin with a field name and a colon.");
  }
  if (name.size() > max_name) return refuse(statuses.too_large, "The name of a header field is too long.");
  std::string_view value = line.substr(colon + 1);
  if (!all_are(value, kValueChar)) {
    return refuse(statuses.malformed,
                  "The header field " + std::string(name) + " holds a control character or a bare line feed.");
  }
  return Field{std::string(name), std::string(trim(value))};
}

// Parses the lines behind the first, up to the empty line, behind which there must be nothing.
Parsed<Fields> parse_fields(std::string_view rest, const HeadLimits& limits, Statuses statuses) {
  constexpr size_t kUsualFields = 16;
  Fields fields;
  fields.reserve(kUsualFields);
  for (;;) {
    auto line = take_line(rest);
    if (!line) return refuse(statuses.malformed, "A header line does not end in CR LF.");
    if (line->empty()) break;
    if (fields.size() == limits.fields) return refuse(statuses.too_large, "There are too many header fields.");
    auto field = parse_field(*line, limits.name, statuses);
    if (!field) return refuse(std::move(field).error());
    fields.add(std::move(*field));
  }
  if (!rest.empty()) return refuse(statuses.malformed, "There are bytes behind the empty line that ends the head.");
  return fields;
}

// The minor version of "HTTP/1.0" or "HTTP/1.1".
Parsed<int> parse_request_version(std::string_view text) {
  bool formed =
      text.size() == 8 && text.substr(0, 5) == "HTTP/" && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
  if (!formed) return refuse(400, "The request line does not end in a version like HTTP/1.1.");
  if (text[5] != '1' || text[7] > '1') return refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  return text[7] - '0';
}

std::optional<Refusal> check_method(std::string_view method) {
  if (method.empty() || !all_are(method, kMethodChar)) {
    return Refusal{400, "The request does not begin with a method in upper-case letters, such as GET."};
  }
  if (method.size() > kMaxMethod) return Refusal{501, "The request's method is not known here."};
  return std::nullopt;
}

// Holds the form of the target against the method (RFC 9112, section 3.2).
std::optional<Refusal> check_target(std::string_view method, std::string_view target) {
  if (target.empty() || !all_are(target, kTargetChar)) {
    return Refusal{400, "The request's target holds a character that must be percent-encoded, or is empty."};
  }
  if (method == "CONNECT") {
    auto authority = parse_authority(target);
    if (!authority) return std::move(authority).error();
    return std::nullopt;
  }
  if (target.front() == '/') return std::nullopt;
  if (target == "*") {
    if (method == "OPTIONS") return std::nullopt;
    return Refusal{400, "The target * belongs to OPTIONS only."};
  }
  auto url = parse_url(target);
  if (!url) return std::move(url).error();
  return std::nullopt;
}

Parsed<RequestHead> parse_request_line(std::string_view line) {
  size_t first = line.find(' ');
  size_t last = line.rfind(' ');
  std::string_view method = line.substr(0, first);
  if (auto refusal = check_method(method)) return refuse(std::move(*refusal));
  if (first == last)
    return refuse(400, "The request line is not a method, a target and a version with one space between.");
  auto version = parse_request_version(line.substr(last + 1));
  if (!version) return refuse(std::move(version).error());
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (auto refusal = check_target(method, target)) return refuse(std::move(*refusal));
  return RequestHead{std::string(method), std::string(target), *version, {}};
}

std::optional<Refusal> check_host(const RequestHead& head) {
  size_t hosts = head.fields.count("host");
  if (hosts > 1) return Refusal{400, "The request has more than one Host."};
  if (hosts == 0 && head.minor_version == 0) return std::nullopt;
  if (hosts == 0) return Refusal{400, "The request has no Host, which HTTP/1.1 asks for."};
  auto host = parse_host(head.fields.get("host"), kHttpPort);
  if (!host) return Refusal{400, "The request's Host is not a host name or address with or without a port."};
  return std::nullopt;
}

// "HTTP/1.1 200 OK"; the reason, and the space before it, may be missing.
Parsed<ResponseHead> parse_status_line(std::string_view line) {
  bool version =
      line.size() >= 12 && line.substr(0, 7) == "HTTP/1." && (line[7] == '0' || line[7] == '1') && line[8] == ' ';
  if (!version) return refuse(502, "The origin's answer does not begin with HTTP/1.1 or HTTP/1.0 and a status.");
  auto status = parse_decimal(line.substr(9, 3));
  if (!status || *status < 100 || *status > 599 || (line.size() > 12 && line[12] != ' ')) {
    return refuse(502, "The origin's answer has no status between 100 and 599.");
  }
  std::string_view reason = line.size() > 12 ? line.substr(13) : std::string_view();
  if (!all_are(reason, kValueChar))
    return refuse(502, "The origin's answer has a control character in its reason phrase.");
  return ResponseHead{static_cast<int>(*status), std::string(trim(reason)), line[7] - '0', {}};
}

std::string_view without_leading_empty_line(std::string_view head) {
  if (head.substr(0, 2) == "\r\n") head.remove_prefix(2);
  return head;
}

size_t first_line_size(std::string_view head) {
  return std::min(head.find('\r'), head.size());
}

Refusal too_long_a_line() {
  return Refusal{414, "The request line is too long."};
}
Refusal too_large_a_head() {
  return Refusal{431, "The request's head is too large."};
}

}  // namespace

std::optional<size_t> find_head_end(std::string_view bytes, size_t scanned) {
  // The last two bytes before `scanned` may begin the end: LF CR.
  size_t at = scanned > 2 ? scanned - 2 : 0;
  while ((at = bytes.find('\n', at)) != std::string_view::npos) {
    ++at;
    if (at < bytes.size() && bytes[at] == '\n') return at + 1;
    if (bytes.substr(at, 2) == "\r\n") return at + 2;
  }
  return std::nullopt;
}

std::optional<Refusal> refuse_unfinished_request(std::string_view bytes, const HeadLimits& limits) {
  std::string_view head = without_leading_empty_line(bytes);
  if (head.empty()) return std::nullopt;
  if (head.front() != '\r') {
    size_t method_end = std::min(head.find(' '), head.size());
    if (auto refusal = check_method(head.substr(0, method_end))) return refusal;
  }
  if (first_line_size(head) > limits.request_line) return too_long_a_line();
  if (head.size() > limits.head) return too_large_a_head();
  return std::nullopt;
}

Parsed<RequestHead> parse_request(std::string_view head, const HeadLimits& limits) {
  head = without_leading_empty_line(head);
  std::string_view rest = head;
  auto line = take_line(rest);
  if (first_line_size(head) > limits.request_line) return refuse(too_long_a_line());
  if (head.size() > limits.head) return refuse(too_large_a_head());
  if (!line) return refuse(400, "The request line does not end in CR LF.");
  auto request = parse_request_line(*line);
  if (!request) return request;
  auto fields = parse_fields(rest, limits, kRequestStatuses);
  if (!fields) return refuse(std::move(fields).error());
  request->fields = std::move(*fields);
  if (auto refusal = check_host(*request)) return refuse(std::move(*refusal));
  return request;
}

Parsed<ResponseHead> parse_response(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.head) return refuse(502, "The head of the origin's answer is too large.");
  std::string_view rest = head;
  auto line = take_line(rest);
  if (!line) return refuse(502, "The first line of the origin's answer does not end in CR LF.");
  auto response = parse_status_line(*line);
  if (!response) return response;
  auto fields = parse_fields(rest, limits, kResponseStatuses);
  if (!fields) return refuse(502, "In the origin's answer: " + fields.error().message);
  response->fields = std::move(*fields);
  return response;
}

}  // namespace weir::http
