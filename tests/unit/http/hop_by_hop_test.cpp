// SPDX-License-Identifier: Apache-2.0
#include "http/hop_by_hop.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(RemoveHopByHop, removes_what_belongs_to_the_connection) {
  Fields fields{{"Host", "a"},
                {"Connection", "keep-alive, X-Private ,\"odd\""},
                {"connection", "x-other"},
                {"Keep-Alive", "timeout=5"},
                {"PROXY-Authorization", "Basic x"},
                {"Proxy-Authenticate", "Basic"},
                {"Proxy-Connection", "keep-alive"},
                {"TE", "trailers"},
                {"Trailer", "X"},
                {"Transfer-Encoding", "chunked"},
                {"Upgrade", "websocket"},
                {"HTTP2-Settings", "x"},
                {"x-private", "1"},
                {"X-PRIVATE", "2"},
                {"X-Other", "3"},
                {"X-Kept", "4"},
                {"Proxy", "5"}};
  remove_hop_by_hop(fields);
  EXPECT_EQ(fields, (Fields{{"Host", "a"}, {"X-Kept", "4"}, {"Proxy", "5"}}));
}

TEST(RemoveHopByHop, connection_cannot_take_what_frames_routes_or_authorises) {
  const std::vector<std::string> names = {"Content-Length", "Host",     "Authorization", "Cookie",
                                          "Range",          "If-Range", "If-None-Match", "ETag",
                                          "Content-Type",   "Via",      "Set-Cookie",    "Content-Range",
                                          "Cache-Control",  "Expect",   "Location",      "Content-Encoding"};
  for (const std::string& name : names) {
    Fields fields{{"Connection", "close, " + name}, {name, "1"}};
    remove_hop_by_hop(fields);
    EXPECT_EQ(fields, (Fields{{name, "1"}}));
  }
}

TEST(RemoveHopByHop, leaves_other_messages_alone) {
  const Fields before{{"Host", "a"}, {"Accept", "*/*"}, {"Content-Length", "5"}};
  Fields fields = before;
  remove_hop_by_hop(fields);
  EXPECT_EQ(fields, before);
}

}  // namespace
}  // namespace weir::http
