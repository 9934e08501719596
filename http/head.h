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

// Where the head in `bytes` ends: the offset behind its empty line, or nothing while it is incomplete.  Bytes before `scanned` were
// looked at by an earlier call.
std::optional<size_t> find_head_end(std::string_view bytes, size_t scanned = 0);

// Parses a whole head, its empty line included.
Parsed<RequestHead> parse_request(std::string_view head, const HeadLimits& limits = {});
Parsed<ResponseHead> parse_response(std::string_view head, const HeadLimits& limits = {});

enum class BodyKind { none, length, chunked, until_close };

// How the end of a message's body is found (RFC 9112, section 6.3).
struct BodyFraming {
  BodyKind kind = BodyKind::none;
  uint64_t length = 0;  // for BodyKind::length

  bool operator==(const BodyFraming&) const = default;
};

Parsed<BodyFraming> request_framing(const RequestHead& head);
Parsed<BodyFraming> response_framing(const ResponseHead& head, std::string_view request_method);

std::string serialize(const RequestHead& head);
std::string serialize(const ResponseHead& head);

// True when the connection stays open after this message (RFC 9112, section 9.3).
bool keeps_alive(const RequestHead& head);

// The reason phrase of a status, "" when unknown.
std::string_view reason_of(int status);

}  // namespace weir::http
