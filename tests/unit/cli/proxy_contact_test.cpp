// SPDX-License-Identifier: Apache-2.0
#include "cli/proxy_contact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cli {
namespace {

const Endpoint kEndpoint = *Endpoint::parse("[::1]:9347");

TEST(ProxyContactTest, is_an_address_in_clear_and_a_name_under_tls) {
  config::Config config;
  EXPECT_EQ(url_of(contact_of(config, kEndpoint)), "http://[::1]:9347");
  config.proxy.listen.tls = true;
  config.proxy.listen.names = {"weir.example.com", "localhost"};
  EXPECT_EQ(url_of(contact_of(config, kEndpoint)), "https://weir.example.com:9347");
}

TEST(ProxyContactTest, trusts_what_signs_its_certificate) {
  config::Config config;
  config.proxy.listen.tls = true;
  config.ca.folder = "/ca";
  EXPECT_EQ(contact_of(config, kEndpoint).trusted, "/ca/ca.pem");
  config.ca.company_certificates = "/company.pem";
  EXPECT_EQ(contact_of(config, kEndpoint).trusted, "/company.pem");
  config.proxy.listen.cert = "/given.pem";
  EXPECT_EQ(contact_of(config, kEndpoint).trusted, "/given.pem");
}

TEST(ProxyContactTest, takes_name_and_password_from_the_environment) {
  config::Config config;
  EXPECT_EQ(user_info(contact_of(config, kEndpoint), {{"WEIR_PROXY_USER", "a"}, {"WEIR_PROXY_PASSWORD", "b"}}), "");
  config.proxy.listen.users = "/users";
  auto contact = contact_of(config, kEndpoint);
  auto info = user_info(contact, {{"WEIR_PROXY_USER", "ann@x"}, {"WEIR_PROXY_PASSWORD", "p:/@%\xc3\xa4~"}}).value();
  EXPECT_EQ(url_of(contact, info), "http://ann%40x:p%3A%2F%40%25%C3%A4~@[::1]:9347");
  auto missing = user_info(contact, {{"WEIR_PROXY_USER", "ann"}});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, testing::HasSubstr("WEIR_PROXY_PASSWORD"));
}

}  // namespace
}  // namespace weir::cli
