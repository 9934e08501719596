// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "http/head.h"

namespace weir::http {
namespace {

// Appends `text`, in which whatever could end a line becomes a space.
void append_clean(std::string& out, std::string_view text) {
  size_t start = out.size();
  out.append(text);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

void append_fields(std::string& out, const Fields& fields) {
  for (const Field& field : fields) {
    append_clean(out, field.name);
    out.append(": ");
    append_clean(out, field.value);
    out.append("\r\n");
  }
  out.append("\r\n");
}

size_t size_of(const Fields& fields) {
  size_t size = 0;
  for (const Field& field : fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

constexpr size_t kFixedParts = 32;  // version, spaces, status and line ends

}  // namespace

std::string serialize(const RequestHead& head) {
  std::string out;
  out.reserve(kFixedParts + head.method.size() + head.target.size() + size_of(head.fields));
  append_clean(out, head.method);
  out.push_back(' ');
  append_clean(out, head.target);
  out.append(head.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  append_fields(out, head.fields);
  return out;
}

std::string serialize(const ResponseHead& head) {
  std::string_view reason = head.reason.empty() ? reason_of(head.status) : std::string_view(head.reason);
  std::string out;
  out.reserve(kFixedParts + reason.size() + size_of(head.fields));
  out.append(head.minor_version == 0 ? "HTTP/1.0 " : "HTTP/1.1 ");
  out.append(std::to_string(head.status));
  out.push_back(' ');
  append_clean(out, reason);
  out.append("\r\n");
  append_fields(out, head.fields);
  return out;
}

std::string_view reason_of(int status) {
  struct Reason {
    int status;
    std::string_view phrase;
  };
  // The registry of RFC 9110, section 15, and RFC 6585.
  static constexpr Reason kReasons[] = {
      {100, "Continue"},
      {101, "Switching Protocols"},
      {102, "Processing"},
      {103, "Early Hints"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {203, "Non-Authoritative Information"},
      {204, "No Content"},
      {205, "Reset Content"},
      {206, "Partial Content"},
      {207, "Multi-Status"},
      {300, "Multiple Choices"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {407, "Proxy Authentication Required"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {423, "Locked"},
      {425, "Too Early"},
      {426, "Upgrade Required"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {451, "Unavailable For Legal Reasons"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
      {508, "Loop Detected"},
  };
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.phrase;
  }
  return "";
}

}  // namespace weir::http
