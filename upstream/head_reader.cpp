// SPDX-License-Identifier: Apache-2.0
#include "upstream/head_reader.h"

#include <utility>

#include "http/hop_by_hop.h"

namespace weir::upstream {
namespace {

constexpr int kBadGateway = 502;
constexpr int kSwitchingProtocols = 101;

}  // namespace

http::Parsed<std::optional<http::ResponseHead>> HeadReader::on_line(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxBytes) return http::refuse(kBadGateway, "The head of the answer is larger than 256 KiB.");
  if (complete_) return std::nullopt;
  text_ += line;
  if (line != "\r\n" && line != "\n") return std::nullopt;
  return end_head();
}

http::Parsed<std::optional<http::ResponseHead>> HeadReader::end_head() {
  http::HeadLimits limits;
  limits.head = kMaxBytes;
  limits.fields = kMaxFields;
  auto head = http::parse_response(std::exchange(text_, {}), limits);
  if (!head) return http::refuse(std::move(head).error());
  if (head->status == kSwitchingProtocols) {
    return http::refuse(kBadGateway, "The answer switches to another protocol, which was not asked for.");
  }
  if (head->status / 100 == 1) {
    if (++interim_ > kMaxInterim) return http::refuse(kBadGateway, "There are more than 32 answers of status 1xx.");
    return std::nullopt;
  }
  auto framing = http::response_framing(*head, request_method_);
  if (!framing) return http::refuse(std::move(framing).error());
  complete_ = true;
  body_kind_ = framing->kind;
  http::remove_hop_by_hop(head->fields);
  return std::optional(std::move(*head));
}

}  // namespace weir::upstream
