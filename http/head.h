// SPDX-License-Identifier: Apache-2.0
// Heads of HTTP/1.1 messages as values: strict parsers and serializers (RFC 9112).  Pure: no sockets, no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/fields.h"
#include "http/refusal.h"

namespace weir::http {

struct RequestHead {
  std::string method;
  std::string target;     // as it came: origin-form, absolute-form, authority-form or *
  int minor_version = 1;  // HTTP/1.minor_version: 0 or 1
  Fields fields;

  bool operator==(const RequestHead&) const = default;
};

struct ResponseHead {
  int status = 0;
  std::string reason;
  int minor_version = 1;
  Fields fields;

  bool operator==(const ResponseHead&) const = default;
};

// Bounds on a head.  Over them: 414 for the request line, 431 for fields.
struct HeadLimits {
  size_t request_line = 16 << 10;
  size_t head = 64 << 10;
  size_t fields = 128;
  size_t name = 256;
};

// Where the head in `bytes` ends: the offset behind its empty line, or nothing while it is incomplete.  Bytes before
// `scanned` were looked at by an earlier call.  Lines that end in a bare LF count here, so that the parser can refuse
// them at once.
std::optional<size_t> find_head_end(std::string_view bytes, size_t scanned = 0);

// What an unfinished head is refused with already: it is over a limit, or does not begin like HTTP (a TLS hello on a
// plain port).
std::optional<Refusal> refuse_unfinished_request(std::string_view bytes, const HeadLimits& limits = {});

// Parses a whole head, its empty line included and nothing behind it.  One empty line in front of a request is skipped
// (RFC 9112, section 2.2).  Checked besides the grammar: the target fits the method, and a Host is there once (in 1.0
// at most once) and valid. Requests are refused with 400, 414, 431, 501 (method too long) or 505; responses always with
// 502, the cause being the origin's.
Parsed<RequestHead> parse_request(std::string_view head, const HeadLimits& limits = {});
Parsed<ResponseHead> parse_response(std::string_view head, const HeadLimits& limits = {});

enum class BodyKind { none, length, chunked, until_close };

// How the end of a message's body is found (RFC 9112, section 6.3).
struct BodyFraming {
  BodyKind kind = BodyKind::none;
  uint64_t length = 0;  // for BodyKind::length

  bool operator==(const BodyFraming&) const = default;
};

// Transfer-Encoding counts only when it is exactly `chunked`, in lower case, in 1.1 and without a Content-Length; a
// Content-Length only when it is there once and a number below 2^63.  All else is refused, with 400, or 501 for a
// further coding under chunked; for responses with 502.
Parsed<BodyFraming> request_framing(const RequestHead& head);
Parsed<BodyFraming> response_framing(const ResponseHead& head, std::string_view request_method);

// The head with its empty line.  CR, LF and NUL in any part are written as spaces, so no value can end a line.  An
// empty reason is filled in.
std::string serialize(const RequestHead& head);
std::string serialize(const ResponseHead& head);

// True when the connection stays open after this message (RFC 9112, section 9.3): 1.1 without `close`.  A proxy does
// not keep connections of 1.0 open, whatever they ask for.
bool keeps_alive(const RequestHead& head);

// The reason phrase of a status, "" when unknown.
std::string_view reason_of(int status);

}  // namespace weir::http
