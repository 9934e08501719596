// SPDX-License-Identifier: Apache-2.0
#include "cli/hub_client.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "cli/answer_reader.h"
#include "cli/hub_token.h"
#include "cli/local_connection.h"
#include "http/text.h"

namespace weir::cli {
namespace {

// For one request: large files take their time.
constexpr Duration kTimeout{12 * 60 * 60 * 1000};
constexpr int kMaxRedirects = 5;
constexpr int kMaxPauses = 5;
constexpr uint64_t kLongestPause = 600;  // seconds; the hub counts requests over five minutes

std::optional<Duration> pause_of(const http::ResponseHead& head) {
  if (head.status != 429) return std::nullopt;
  auto seconds = http::parse_decimal(head.fields.get("Retry-After"));
  if (!seconds || *seconds > kLongestPause) return std::nullopt;
  return Duration((*seconds + 1) * 1000);
}

bool is_redirect(const http::ResponseHead& head) {
  return head.status >= 300 && head.status <= 399 && head.fields.has("Location");
}

}  // namespace

Result<HubAccess> hub_access(const config::Config& config, const ProxyContact& proxy,
                             const config::Environment& environment) {
  TRY_ASSIGN(auto token, find_hub_token(environment));
  TRY_ASSIGN(auto authorization, proxy_authorization(proxy, environment));
  return HubAccess{proxy, config.proxy.intercept.hosts.front(), std::move(token), std::move(authorization)};
}

Result<http::Url> HubClient::url_of(const std::string& target) const {
  auto url = http::parse_url("https://" + access_.hub + target);
  if (!url) return fail(ErrorCode::invalid, url.error().message);
  return std::move(*url);
}

std::string HubClient::request_text(std::string_view method, const http::Url& url) const {
  auto text = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: weir\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
      "Connection: close\r\n",
      method, url.text(), url.authority().text(443));
  if (!access_.proxy_authorization.empty())
    text += "Proxy-Authorization: " + access_.proxy_authorization.reveal() + "\r\n";
  if (!access_.token.empty() && url.scheme == "https" && url.host == access_.hub)
    text += "Authorization: Bearer " + access_.token.reveal() + "\r\n";
  return text + "\r\n";
}

Result<HubAnswer> HubClient::ask_once(std::string_view method, const http::Url& url, const BodySink& sink) const {
  LocalConnection connection(access_.proxy, kTimeout, stop_);
  TRY(connection.open());
  TRY(connection.send(request_text(method, url)));
  AnswerReader reader(connection);
  TRY_ASSIGN(auto head, reader.read_head());
  HubAnswer answer{url, std::move(head), 0};
  TRY(reader.read_body(answer.head, method, [&](std::string_view bytes) -> Result<void> {
    if (answer.head.status != 200) return {};
    answer.body_bytes += bytes.size();
    return sink(answer.head, bytes);
  }));
  return answer;
}

Result<HubAnswer> HubClient::ask_patiently(std::string_view method, const http::Url& url, const BodySink& sink) const {
  for (int pauses = 0;; ++pauses) {
    TRY_ASSIGN(auto answer, ask_once(method, url, sink));
    auto pause = pause_of(answer.head);
    if (!pause || pauses == kMaxPauses) return answer;
    TRY(wait_out(*pause));
  }
}

Result<void> HubClient::wait_out(Duration pause) const {
  if (on_pause_) {
    auto now = monotonic_now();
    std::lock_guard lock(pause_mutex_);
    if (told_until_ <= now) on_pause_(pause);
    told_until_ = std::max(told_until_, now + pause);
  }
  pollfd stopped{stop_, POLLIN, 0};
  if (::poll(&stopped, 1, static_cast<int>(pause.count())) > 0) return fail(ErrorCode::cancelled, "stopped");
  return {};
}

Result<HubAnswer> HubClient::ask(std::string_view method, http::Url url, Redirects redirects,
                                 const BodySink& sink) const {
  for (int hops = 0; hops <= kMaxRedirects; ++hops) {
    TRY_ASSIGN(auto answer, ask_patiently(method, url, sink));
    if (!is_redirect(answer.head)) return answer;
    auto next = http::resolve_url(url, answer.head.fields.get("Location"));
    if (!next) return fail(ErrorCode::origin, "the hub leads to no place that can be asked");
    if (redirects == Redirects::relative && next->authority() != url.authority()) return answer;
    url = std::move(*next);
  }
  return fail(ErrorCode::origin, "the hub leads in a circle");
}

Error refusal_of(const http::ResponseHead& head) {
  auto reason = log::escaped(head.fields.get("X-Error-Message"));
  auto code = head.fields.get("X-Error-Code");
  bool access = head.status == 401 || head.status == 403 || head.status == 404;
  if (access && code != "EntryNotFound" && code != "RevisionNotFound")
    return {ErrorCode::refused,
            fmt::format("the hub answers {}; check the name, or set HF_TOKEN to one that may read it", head.status)};
  return {ErrorCode::origin, fmt::format("the answer is {}{}{}", head.status, reason.empty() ? "" : ": ", reason)};
}

}  // namespace weir::cli
