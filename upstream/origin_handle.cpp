// SPDX-License-Identifier: Apache-2.0
#include "upstream/origin_handle.h"

#include "http/target.h"
#include "http/text.h"
#include "http/via.h"

namespace weir::upstream {
namespace {

constexpr long kUploadBuffer = 128 << 10;

// Fields that frame the body or hold it back: said by RequestBody, and never by a field.
bool is_framing(std::string_view name) {
  return http::equals_ignoring_case(name, "content-length") || http::equals_ignoring_case(name, "transfer-encoding") ||
         http::equals_ignoring_case(name, "expect");
}

void set_fields(EasyHandle& easy, const http::Fields& fields, CurlList& lines) {
  for (const auto& field : fields) {
    if (is_framing(field.name)) continue;
    // libcurl takes "Name:" as an order to drop a field of its own, and "Name;" for an empty one.
    lines.add(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
  }
  // libcurl's own.
  if (!fields.has("Accept")) lines.add("Accept:");
  lines.add("Expect:");
  easy.set(CURLOPT_HTTPHEADER, lines.get());
}

void set_method_and_body(EasyHandle& easy, const OriginRequest& request) {
  if (request.method == "HEAD") {
    easy.set(CURLOPT_NOBODY, 1L);
    return;
  }
  if (request.body != RequestBody::none) {
    easy.set(CURLOPT_UPLOAD, 1L);
    easy.set(CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
    auto length = request.body == RequestBody::length ? static_cast<curl_off_t>(request.body_length) : curl_off_t{-1};
    easy.set(CURLOPT_INFILESIZE_LARGE, length);
  }
  easy.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

}  // namespace

std::optional<std::string> authority_text(const std::string& host, uint16_t port) {
  auto text = http::Authority{host, port}.text();
  if (!http::parse_authority(text)) return std::nullopt;
  return text;
}

void set_transport(EasyHandle& easy, const OriginOptions& options) {
  easy.set(CURLOPT_NOSIGNAL, 1L);
  // Said, for else libcurl takes both from the environment.
  easy.set(CURLOPT_PROXY, "");
  easy.set(CURLOPT_NOPROXY, "");
  // Without it, a handle that is let go while its name resolves waits for the name server: 5 s on the loop when tried
  // with 7.88.
  easy.set(CURLOPT_QUICK_EXIT, 1L);
  easy.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  easy.set(CURLOPT_TCP_NODELAY, 1L);
  easy.set(CURLOPT_TCP_KEEPALIVE, 1L);
}

void set_parent(EasyHandle& easy, const ParentProxy& parent, const CurlList& fields) {
  easy.set(CURLOPT_PROXY, parent.text().c_str());
  easy.set(CURLOPT_HTTPPROXYTUNNEL, 1L);
  easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  easy.set(CURLOPT_HEADEROPT, long{CURLHEADER_SEPARATE});
  easy.set(CURLOPT_PROXYHEADER, fields.get());
  if (parent.user.empty() && parent.password.empty()) return;
  easy.set(CURLOPT_PROXYAUTH, long{CURLAUTH_BASIC});
  easy.set(CURLOPT_PROXYUSERNAME, parent.user.reveal().c_str());
  easy.set(CURLOPT_PROXYPASSWORD, parent.password.reveal().c_str());
}

CurlList parent_fields(const ParentRoute& route, std::string_view via) {
  http::Fields fields;
  if (!via.empty()) fields.add("Via", via);
  if (!route.pseudonym.empty()) http::add_via(fields, 1, route.pseudonym);
  CurlList lines;
  if (fields.has("Via")) lines.add("Via: " + std::string(fields.get("Via")));
  return lines;
}

std::optional<IpAddress> refused_literal(const AddressPolicy& policy, const std::string& host, uint16_t port) {
  auto literal = IpAddress::parse(host);
  return literal && !policy.allows({*literal, port}) ? literal : std::nullopt;
}

void set_request(EasyHandle& easy, const OriginRequest& request, const std::string& authority, CurlList& lines) {
  const std::string scheme = request.scheme == OriginRequest::Scheme::http ? "http" : "https";
  easy.set(CURLOPT_PROTOCOLS_STR, scheme.c_str());
  easy.set(CURLOPT_URL, (scheme + "://" + authority + "/").c_str());
  easy.set(CURLOPT_PATH_AS_IS, 1L);
  easy.set(CURLOPT_REQUEST_TARGET, request.target.c_str());
  easy.set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  easy.set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set_method_and_body(easy, request);
  set_fields(easy, request.fields, lines);
}

}  // namespace weir::upstream
