// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "http/head.h"
#include "http/text.h"

namespace weir::http {
namespace {

constexpr uint64_t kMaxLength = std::numeric_limits<int64_t>::max();

// True for codings above a final chunked ("gzip, chunked"): right, but nothing that is understood here (RFC 9112,
// section 6.1).
bool is_coding_over_chunked(std::string_view value) {
  std::string_view last = next_element(value);
  if (value.empty()) return false;
  while (!value.empty()) {
    if (!is_token(last) || last == "chunked") return false;
    last = next_element(value);
  }
  return last == "chunked";
}

// What a message's own fields say: chunked, a length, or neither (none).
Parsed<BodyFraming> declared_framing(const Fields& fields, int minor_version) {
  size_t codings = fields.count("transfer-encoding");
  size_t lengths = fields.count("content-length");
  if (codings > 0 && lengths > 0) {
    return refuse(400, "The message has both a Transfer-Encoding and a Content-Length; send one of them.");
  }
  if (codings > 1 || lengths > 1) return refuse(400, "The message says more than once how long its body is.");
  if (codings == 1) {
    if (minor_version == 0)
      return refuse(400, "HTTP/1.0 has no Transfer-Encoding; send a Content-Length or use HTTP/1.1.");
    std::string_view coding = fields.get("transfer-encoding");
    if (coding == "chunked") return BodyFraming{BodyKind::chunked, 0};
    return refuse(is_coding_over_chunked(coding) ? 501 : 400,
                  "The only Transfer-Encoding that is understood here is chunked.");
  }
  if (lengths == 0) return BodyFraming{};
  auto length = parse_decimal(fields.get("content-length"));
  if (!length || *length > kMaxLength) return refuse(400, "The Content-Length is not a number of bytes below 2^63.");
  return BodyFraming{BodyKind::length, *length};
}

bool never_has_body(int status, std::string_view request_method) {
  if (request_method == "HEAD" || status / 100 == 1 || status == 204 || status == 304) return true;
  return request_method == "CONNECT" && status / 100 == 2;
}

}  // namespace

Parsed<BodyFraming> request_framing(const RequestHead& head) {
  return declared_framing(head.fields, head.minor_version);
}

Parsed<BodyFraming> response_framing(const ResponseHead& head, std::string_view request_method) {
  auto framing = declared_framing(head.fields, head.minor_version);
  if (!framing) return refuse(502, "In the origin's answer: " + framing.error().message);
  if (never_has_body(head.status, request_method)) return BodyFraming{};
  if (framing->kind == BodyKind::none) return BodyFraming{BodyKind::until_close, 0};
  return framing;
}

bool keeps_alive(const RequestHead& head) {
  return head.minor_version == 1 && !head.fields.has_token("connection", "close");
}

}  // namespace weir::http
