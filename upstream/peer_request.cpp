// SPDX-License-Identifier: Apache-2.0
#include "upstream/peer_request.h"

#include <utility>

#include "http/text.h"
#include "http/via.h"
#include "peer/runs.h"

namespace weir::upstream {
namespace {

constexpr int kOk = 200;
// It may have to ask the hub first whether it may say what it has.
constexpr Duration kPatience{10'000};

}  // namespace

OriginRequest ask_what_peer_has(const http::Url& place, std::shared_ptr<const PeerTls> tls,
                                const std::string& pseudonym) {
  OriginRequest request;
  request.method = "HEAD";
  request.host = place.host;
  request.port = place.port;
  request.target = place.target;
  request.fields = {{"Host", place.authority().text(443)}};
  http::add_via(request.fields, 1, pseudonym);
  request.first_byte_timeout = kPatience;
  request.peer = std::move(tls);
  return request;
}

std::optional<PeerHolding> holding_in(const http::ResponseHead& answer) {
  auto size = http::parse_decimal(answer.fields.get("Content-Length"));
  if (answer.status != kOk || !size) return std::nullopt;
  auto runs = peer::parse_runs(answer.fields.get(peer::kRangesField), *size);
  if (!runs) return std::nullopt;
  return PeerHolding{*size, *std::move(runs)};
}

}  // namespace weir::upstream
