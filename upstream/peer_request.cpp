// SPDX-License-Identifier: Apache-2.0
#include "upstream/peer_request.h"

#include <utility>

#include "http/text.h"
#include "peer/runs.h"

namespace weir::upstream {
namespace {

constexpr int kOk = 200;

OriginRequest request_to(const http::Authority& address, std::shared_ptr<const PeerTls> tls, const Sha256& digest,
                         std::string method) {
  OriginRequest request;
  request.method = std::move(method);
  request.host = address.host;
  request.port = address.port;
  request.target = "/-/blob/sha256/" + digest.hex();
  request.fields = {{"Host", address.text()}};
  request.peer = std::move(tls);
  return request;
}

}  // namespace

OriginRequest ask_what_peer_has(const http::Authority& address, std::shared_ptr<const PeerTls> tls,
                                const Sha256& digest) {
  return request_to(address, std::move(tls), digest, "HEAD");
}

OriginRequest ask_peer_for(const http::Authority& address, std::shared_ptr<const PeerTls> tls, const Sha256& digest,
                           ByteRange range) {
  auto request = request_to(address, std::move(tls), digest, "GET");
  request.fields.add("Range", "bytes=" + std::to_string(range.begin) + "-" + std::to_string(range.end - 1));
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
