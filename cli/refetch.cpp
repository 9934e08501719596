// SPDX-License-Identifier: Apache-2.0
#include "cli/refetch.h"

#include <fmt/format.h>

#include <algorithm>

#include "cas/disk.h"
#include "cas/layout.h"
#include "cli/local_connection.h"
#include "http/head.h"
#include "http/target.h"

namespace weir::cli {
namespace {

// For one download: large files take their time.
constexpr Duration kTimeout{12 * 60 * 60 * 1000};
constexpr size_t kHeadLimit = 256 << 10;
constexpr int kMaxRedirects = 5;

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 kept.find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// One GET in absolute form; the head of its answer.  The body is dropped: whether it was right shows in the store.
Result<http::ResponseHead> get(const RefetchOptions& options, const http::Url& url) {
  LocalConnection connection(options.proxy, kTimeout);
  TRY(connection.open());
  auto request = "GET " + url.text() + " HTTP/1.0\r\nHost: " + url.host + "\r\nUser-Agent: weir\r\n";
  if (!options.token.empty() && url.host == options.hub)
    request += "Authorization: Bearer " + std::string(options.token.reveal()) + "\r\n";
  TRY(connection.send(request + "\r\n"));
  TRY_ASSIGN(auto bytes, connection.receive_and_drop(kHeadLimit));
  auto head_end = http::find_head_end(bytes);
  if (!head_end) return fail(ErrorCode::io, "the proxy gives no answer");
  auto head = http::parse_response(std::string_view(bytes).substr(0, *head_end));
  if (!head) return fail(ErrorCode::io, "the proxy's answer is not HTTP");
  return std::move(*head);
}

// What the answer with this status says of itself.
Error refusal_of(const http::ResponseHead& head) {
  if (head.status == 401 || head.status == 403 || head.status == 404)
    return {ErrorCode::refused,
            fmt::format("the hub answers {}; set HF_TOKEN to a token that may read it", head.status)};
  auto reason = head.fields.get("X-Error-Message");
  return {ErrorCode::io, fmt::format("the answer is {}{}{}", head.status, reason.empty() ? "" : ": ", reason)};
}

Result<void> download(const RefetchOptions& options, const BlobName& name) {
  auto url = http::parse_url("https://" + options.hub + resolve_target(name));
  if (!url) return fail(ErrorCode::invalid, url.error().message);
  for (int hops = 0; hops <= kMaxRedirects; ++hops) {
    TRY_ASSIGN(auto head, get(options, *url));
    if (head.status == 200) return {};
    auto location = head.fields.get("Location");
    if (head.status < 300 || head.status > 399 || location.empty()) return fail(refusal_of(head));
    url = http::resolve_url(*url, location);
    if (!url) return fail(ErrorCode::io, "the hub leads to no place that can be asked");
  }
  return fail(ErrorCode::io, "the hub leads in a circle");
}

}  // namespace

std::string resolve_target(const BlobName& name) {
  // A slash within a revision ("refs/pr/1") would begin the path.
  return "/" + percent_encoded(name.repo, "-._~/") + "/resolve/" + percent_encoded(name.revision, "-._~") + "/" +
         percent_encoded(name.path, "-._~/");
}

Result<void> refetch(const RefetchOptions& options, const StoredBlob& blob) {
  if (blob.names.empty()) return fail(ErrorCode::invalid, "Weir knows no name of it");
  Error last{ErrorCode::io, "its names stand for other files by now"};
  for (const auto& name : blob.names) {
    auto downloaded = download(options, name);
    if (!downloaded) last = downloaded.error();
    if (cas::is_plain_file(cas::Layout(options.store_root).object(blob.digest))) return {};
  }
  return fail(std::move(last));
}

}  // namespace weir::cli
