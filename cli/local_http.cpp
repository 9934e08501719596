// SPDX-License-Identifier: Apache-2.0
#include "cli/local_http.h"

#include "cli/local_connection.h"
#include "http/head.h"
#include "proxy/store_admin.h"

namespace weir::cli {
namespace {

constexpr size_t kAnswerLimit = 16 << 20;

// `line`: the request line without its version.  `fields`: further ones, each with its line's end.
Result<LocalAnswer> request(const ProxyContact& contact, const std::string& line, const std::string& fields,
                            Duration timeout, int stop) {
  const auto& server = contact.endpoint;
  LocalConnection connection(contact, timeout, stop);
  TRY(connection.open());
  // HTTP/1.0: the body is never chunked, and its end is the connection's.
  TRY(connection.send(line + " HTTP/1.0\r\nHost: " + server.text() + "\r\n" + fields + "\r\n"));
  TRY_ASSIGN(auto bytes, connection.receive(kAnswerLimit));
  auto not_http = fail(ErrorCode::io, "what answers at " + server.text() + " is no Weir");
  auto head_end = http::find_head_end(bytes);
  if (!head_end) return not_http;
  auto head = http::parse_response(std::string_view(bytes).substr(0, *head_end));
  if (!head) return not_http;
  auto framing = http::response_framing(*head, line.substr(0, line.find(' ')));
  auto body = bytes.substr(*head_end);
  if (!framing || framing->kind == http::BodyKind::chunked) return not_http;
  if (framing->kind == http::BodyKind::length && body.size() != framing->length)
    return fail(ErrorCode::io, "the answer of " + server.text() + " was cut short");
  return LocalAnswer{head->status, std::move(body)};
}

}  // namespace

Result<LocalAnswer> local_get(const ProxyContact& contact, std::string_view path, Duration timeout) {
  return request(contact, "GET " + std::string(path), "", timeout, -1);
}

Result<LocalAnswer> local_post(const ProxyContact& contact, std::string_view path, Duration timeout, int stop) {
  auto fields = std::string(proxy::kCommandField) + ": 1\r\nContent-Length: 0\r\n";
  return request(contact, "POST " + std::string(path), fields, timeout, stop);
}

}  // namespace weir::cli
