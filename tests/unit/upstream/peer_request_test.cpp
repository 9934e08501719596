// SPDX-License-Identifier: Apache-2.0
#include "upstream/peer_request.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

TEST(PeerRequest, asks_for_no_body) {
  auto request = ask_what_peer_has(http::parse_url("https://[fd00::1]:9347/-/blob/sha256/ab").value(), nullptr, "w");
  EXPECT_EQ(request.method, "HEAD");
  EXPECT_EQ(request.host, "fd00::1");
  EXPECT_EQ(request.port, 9347);
  EXPECT_EQ(request.target, "/-/blob/sha256/ab");
  EXPECT_EQ(request.fields, (http::Fields{{"Host", "[fd00::1]:9347"}, {"Via", "1.1 w"}}));
}

http::ResponseHead answer(int status, const std::string& length, const std::string& runs) {
  return {status, "", 1, {{"Content-Length", length}, {"Weir-Ranges", runs}}};
}

TEST(PeerRequest, reads_what_a_peer_has) {
  EXPECT_EQ(holding_in(answer(200, "100", "0-49, 60-99")), (PeerHolding{100, {{0, 50}, {60, 100}}}));
  EXPECT_EQ(holding_in({200, "", 1, {{"Content-Length", "0"}}}), (PeerHolding{0, {}}));
  EXPECT_EQ(holding_in({200, "", 1, {{"Content-Length", "9"}}}), (PeerHolding{9, {}}));
}

TEST(PeerRequest, believes_no_nonsense) {
  for (const auto& each : {answer(404, "100", "0-99"), answer(206, "100", "0-99"), answer(200, "", "0-99"),
                           answer(200, "99", "0-99"), answer(200, "100", "x")})
    EXPECT_EQ(holding_in(each), std::nullopt);
}

}  // namespace
}  // namespace weir::upstream
