// SPDX-License-Identifier: Apache-2.0
#include "proxy/origin_request.h"

#include <gtest/gtest.h>

#include <ostream>

namespace weir::proxy {
namespace {

ClientRequest client_request(http::Fields fields, hub::Role role = hub::Role::hub) {
  ClientRequest request;
  request.head = {"GET", "/acme/model/resolve/main/a%20b?download=true", 1, std::move(fields)};
  request.host = "huggingface.co";
  request.role = role;
  return request;
}

http::Fields sent(http::Fields fields, hub::Role role = hub::Role::hub) {
  return make_origin_request(client_request(std::move(fields), role), "weir-1").fields;
}

TEST(OriginRequestTest, carries_method_host_and_target) {
  auto request = client_request({{"Host", "huggingface.co"}});
  request.head.method = "PROPFIND";
  auto made = make_origin_request(request, "weir-1");
  EXPECT_EQ(made.method, "PROPFIND");
  EXPECT_EQ(made.host, "huggingface.co");
  EXPECT_EQ(made.port, 443);
  EXPECT_EQ(made.target, "/acme/model/resolve/main/a%20b?download=true");
  EXPECT_EQ(made.body, upstream::RequestBody::none);
}

TEST(OriginRequestTest, leaves_other_fields_in_their_order_and_spelling) {
  EXPECT_EQ(sent({{"hOST", "HuggingFace.co:443"}, {"x-B", "2"}, {"X-a", "1"}, {"Cookie", "c"}, {"x-B", "3"}}),
            (http::Fields{{"x-B", "2"},
                          {"X-a", "1"},
                          {"Cookie", "c"},
                          {"x-B", "3"},
                          {"Host", "huggingface.co"},
                          {"Via", "1.1 weir-1"}}));
}

TEST(OriginRequestTest, adds_itself_behind_other_proxies) {
  auto request = client_request({{"Host", "h"}, {"Via", "1.1 squid"}});
  request.head.minor_version = 0;
  auto fields = make_origin_request(request, "weir-1").fields;
  std::string all;
  for (auto value : fields.all("Via")) all += (all.empty() ? "" : ", ") + std::string(value);
  EXPECT_EQ(all, "1.1 squid, 1.0 weir-1");
}

struct Field {
  const char* name;
  http::Field field;
  http::Fields beside;
};

void PrintTo(const Field& tested, std::ostream* out) {
  *out << tested.name;
}

class Removed : public testing::TestWithParam<Field> {};

TEST_P(Removed, stays_here) {
  auto fields = GetParam().beside;
  fields.add(GetParam().field);
  EXPECT_FALSE(sent(fields).has(GetParam().field.name));
}

INSTANTIATE_TEST_SUITE_P(
    , Removed,
    testing::Values(Field{"connection", {"Connection", "close"}, {}},
                    Field{"keep_alive", {"Keep-Alive", "timeout=5"}, {}},
                    Field{"named_by_connection", {"X-Mine", "1"}, {{"Connection", "x-mine"}}},
                    Field{"proxy_connection", {"Proxy-Connection", "keep-alive"}, {}},
                    Field{"proxy_authorization", {"proxy-authorization", "Basic x"}, {}},
                    Field{"te", {"TE", "trailers"}, {}}, Field{"trailer", {"Trailer", "X-Sum"}, {}},
                    Field{"coding", {"Transfer-Encoding", "chunked"}, {}}, Field{"upgrade", {"Upgrade", "h2c"}, {}},
                    Field{"h2_settings", {"HTTP2-Settings", "x"}, {}}, Field{"expect", {"Expect", "100-continue"}, {}},
                    Field{"length", {"Content-Length", "5"}, {}}),
    [](const auto& tested) { return tested.param.name; });

struct RoleCase {
  hub::Role role;
  bool kept;
};

class Authorization : public testing::TestWithParam<RoleCase> {};

TEST_P(Authorization, goes_along_but_to_a_cdn) {
  auto fields = sent({{"Authorization", "Bearer t"}, {"authorization", "Bearer u"}}, GetParam().role);
  EXPECT_EQ(fields.count("Authorization"), GetParam().kept ? 2U : 0U);
}

INSTANTIATE_TEST_SUITE_P(, Authorization,
                         testing::Values(RoleCase{hub::Role::hub, true}, RoleCase{hub::Role::api, true},
                                         RoleCase{hub::Role::cas, true}, RoleCase{hub::Role::cdn, false},
                                         RoleCase{hub::Role::other, true}),
                         [](const auto& tested) { return std::string(hub::name_of(tested.param.role)); });

struct BodyCase {
  const char* name;
  http::BodyFraming framing;
  upstream::RequestBody body;
  uint64_t length;
};

class Bodies : public testing::TestWithParam<BodyCase> {};

TEST_P(Bodies, are_framed_as_the_client_framed_them) {
  auto request = client_request({{"Host", "h"}});
  request.body = GetParam().framing;
  auto made = make_origin_request(request, "weir-1");
  EXPECT_EQ(made.body, GetParam().body);
  EXPECT_EQ(made.body_length, GetParam().length);
}

INSTANTIATE_TEST_SUITE_P(
    , Bodies,
    testing::Values(
        BodyCase{"none", {http::BodyKind::none, 0}, upstream::RequestBody::none, 0},
        BodyCase{"of_a_length", {http::BodyKind::length, 5'000'000'000}, upstream::RequestBody::length, 5'000'000'000},
        BodyCase{"of_no_bytes", {http::BodyKind::length, 0}, upstream::RequestBody::length, 0},
        BodyCase{"chunked", {http::BodyKind::chunked, 0}, upstream::RequestBody::chunked, 0}),
    [](const auto& tested) { return tested.param.name; });

TEST(OriginRequestTest, a_range_request_has_nothing_of_the_client_but_its_name) {
  auto url = http::parse_url("https://us.aws.cdn.hf.co/xet/a?Signature=s").value();
  auto made = make_range_request(url, "bytes=0-0", "curl/8", "weir-1");
  EXPECT_EQ(made.method, "GET");
  EXPECT_EQ(made.host, "us.aws.cdn.hf.co");
  EXPECT_EQ(made.target, "/xet/a?Signature=s");
  EXPECT_EQ(made.fields, (http::Fields{{"Host", "us.aws.cdn.hf.co"},
                                       {"Accept", "*/*"},
                                       {"Accept-Encoding", "identity"},
                                       {"User-Agent", "curl/8"},
                                       {"Range", "bytes=0-0"},
                                       {"Via", "1.1 weir-1"}}));
}

TEST(OriginRequestTest, a_range_request_of_a_nameless_client_is_weirs) {
  auto url = http::parse_url("https://cdn.test:8443/a").value();
  auto made = make_range_request(url, "bytes=5-", "", "weir-1");
  EXPECT_EQ(made.port, 8443);
  EXPECT_EQ(made.fields.get("Host"), "cdn.test:8443");
  EXPECT_EQ(made.fields.get("User-Agent"), "weir");
}

}  // namespace
}  // namespace weir::proxy
