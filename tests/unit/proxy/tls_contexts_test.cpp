// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls_contexts.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <ostream>

#include "proxy/tls_stream.h"
#include "tests/unit/proxy/peer.h"
#include "tests/unit/proxy/tls_client.h"

namespace weir::proxy {
namespace {

constexpr const char* kHost = "huggingface.co";

class TlsContextsTest : public testing::Test {
 protected:
  // One connection to `host`.  The server's last word on the handshake is in server_status_.
  std::unique_ptr<TlsClient> connect(const TlsClientOptions& options, const std::string& host = kHost) {
    return connect_to(fixture_.contexts.get(host, wall_now()).value(), options);
  }

  std::unique_ptr<TlsClient> connect_to(std::shared_ptr<ssl_ctx_st> context, const TlsClientOptions& options) {
    auto pair = socket_pair();
    server_ = std::make_unique<TlsStream>(std::make_unique<PlainStream>(std::move(pair.ours)), std::move(context));
    auto client = std::make_unique<TlsClient>(std::move(pair.peer), options);
    server_status_ = IoStatus::would_block;
    for (int flight = 0; flight < 10; ++flight) {
      client->shake_hands();
      if (server_status_ == IoStatus::would_block) server_status_ = server_->handshake().status;
    }
    return client;
  }

  // The same, and one word from the server, behind which TLS 1.3 has sent its tickets.
  std::unique_ptr<TlsClient> connect_and_listen(const TlsClientOptions& options) {
    auto client = connect(options);
    server_->write("x");
    EXPECT_EQ(client->read(), "x");
    return client;
  }

  TlsFixture fixture_;
  std::unique_ptr<TlsStream> server_;
  IoStatus server_status_ = IoStatus::would_block;
};

struct Case {
  const char* name;
  TlsClientOptions options;
  const char* alert;  // null: the session stands
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

TlsClientOptions named(std::string server_name) {
  TlsClientOptions options;
  options.server_name = std::move(server_name);
  return options;
}

TlsClientOptions of_version(int version, std::string suites = "") {
  TlsClientOptions options;
  options.version = version;
  options.suites = std::move(suites);
  return options;
}

class Hellos : public TlsContextsTest, public testing::WithParamInterface<Case> {};

TEST_P(Hellos, are_taken_or_refused_with_an_alert) {
  bool stands = GetParam().alert == nullptr;
  auto client = connect(GetParam().options);
  EXPECT_EQ(server_status_, stands ? IoStatus::ok : IoStatus::failed);
  EXPECT_EQ(client->shake_hands(), stands);
  if (stands) return;
  EXPECT_NE(client->failure().find(GetParam().alert), std::string::npos) << client->failure();
  EXPECT_NE(server_->failure(), "");
}

constexpr const char* kName = "unrecognized name";
constexpr const char* kVersion = "alert protocol version";
constexpr const char* kNoSuite = "alert handshake failure";

INSTANTIATE_TEST_SUITE_P(
    , Hellos,
    testing::Values(
        Case{"its_own_name", named("huggingface.co"), nullptr}, Case{"in_capitals", named("HuggingFace.CO"), nullptr},
        Case{"with_a_dot", named("huggingface.co."), nullptr}, Case{"without_a_name", named(""), nullptr},
        Case{"another_name", named("hf.co"), kName}, Case{"a_name_under_it", named("cdn.huggingface.co"), kName},
        Case{"a_longer_name", named("huggingface.com"), kName}, Case{"a_shorter_name", named("huggingface.c"), kName},
        Case{"tls_1_3", of_version(TLS1_3_VERSION), nullptr}, Case{"tls_1_2", of_version(TLS1_2_VERSION), nullptr},
        Case{"tls_1_1", of_version(TLS1_1_VERSION), kVersion}, Case{"tls_1_0", of_version(TLS1_VERSION), kVersion},
        Case{"chacha", of_version(TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305"), nullptr},
        Case{"cbc", of_version(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256"), kNoSuite},
        Case{"without_forward_secrecy", of_version(TLS1_2_VERSION, "AES128-GCM-SHA256"), kNoSuite}),
    [](const auto& tested) { return tested.param.name; });

struct Alpn {
  const char* name;
  std::vector<std::string> offered;
  const char* chosen;
};

void PrintTo(const Alpn& tested, std::ostream* out) {
  *out << tested.name;
}

class Protocols : public TlsContextsTest, public testing::WithParamInterface<Alpn> {};

TEST_P(Protocols, http_1_1_is_chosen_whenever_it_is_offered) {
  TlsClientOptions options;
  options.protocols = GetParam().offered;
  auto client = connect(options);
  EXPECT_EQ(server_status_, IoStatus::ok);
  ASSERT_TRUE(client->shake_hands());
  EXPECT_EQ(client->protocol(), GetParam().chosen);
}

INSTANTIATE_TEST_SUITE_P(, Protocols,
                         testing::Values(Alpn{"alone", {"http/1.1"}, "http/1.1"},
                                         Alpn{"last", {"h2", "http/1.1"}, "http/1.1"},
                                         Alpn{"first", {"http/1.1", "h2"}, "http/1.1"}, Alpn{"h2_alone", {"h2"}, ""},
                                         Alpn{"http_1_0_alone", {"http/1.0"}, ""}, Alpn{"longer", {"http/1.1x"}, ""},
                                         Alpn{"none", {}, ""}),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(TlsContextsTest, a_client_that_trusts_the_ca_verifies_the_host) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto options = of_version(version);
    options.trusted = fixture_.authority->ca_pem();
    auto client = connect(options);
    EXPECT_TRUE(client->shake_hands()) << client->failure();
    EXPECT_EQ(client->version(), version);
  }
}

TEST_F(TlsContextsTest, the_server_prefers_aes_128) {
  EXPECT_EQ(connect(of_version(TLS1_3_VERSION))->suite(), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(connect(of_version(TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"))->suite(),
            "ECDHE-ECDSA-AES128-GCM-SHA256");
}

class Sessions : public TlsContextsTest, public testing::WithParamInterface<int> {};

TEST_P(Sessions, resume) {
  auto options = of_version(GetParam());
  auto first = connect_and_listen(options);
  EXPECT_FALSE(first->resumed());
  options.session = first->session();
  auto second = connect_and_listen(options);
  EXPECT_TRUE(second->resumed());
}

TEST_P(Sessions, do_not_resume_at_another_host) {
  auto options = of_version(GetParam());
  options.session = connect_and_listen(options)->session();
  options.server_name = "hf.co";
  auto elsewhere = connect(options, "hf.co");
  EXPECT_TRUE(elsewhere->shake_hands()) << elsewhere->failure();
  EXPECT_FALSE(elsewhere->resumed());
}

TEST_P(Sessions, cannot_be_renegotiated) {
  auto client = connect_and_listen(of_version(GetParam()));
  EXPECT_TRUE(SSL_renegotiate(client->tls()) != 1 || SSL_do_handshake(client->tls()) != 1 ||
              GetParam() == TLS1_3_VERSION);
  char byte;
  EXPECT_NE(server_->read({&byte, 1}).status, IoStatus::ok);
}

INSTANTIATE_TEST_SUITE_P(, Sessions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& tested) { return tested.param == TLS1_2_VERSION ? "tls_1_2" : "tls_1_3"; });

TEST_F(TlsContextsTest, a_host_keeps_its_context) {
  auto now = wall_now();
  auto context = fixture_.contexts.get(kHost, now).value();
  EXPECT_EQ(fixture_.contexts.get(kHost, now + std::chrono::hours(24)).value(), context);
  EXPECT_NE(fixture_.contexts.get("hf.co", now).value(), context);
}

TEST_F(TlsContextsTest, a_renewed_leaf_gets_a_new_context) {
  auto old_context = fixture_.contexts.get(kHost, wall_now()).value();
  auto old_certificate = connect_to(old_context, {})->certificate();
  auto later = wall_now() + certs::kLeafLifetime;
  auto new_context = fixture_.contexts.get(kHost, later).value();
  EXPECT_NE(new_context, old_context);
  EXPECT_NE(connect_to(new_context, {})->certificate(), old_certificate);
  EXPECT_EQ(fixture_.contexts.get(kHost, later).value(), new_context);
  // A connection that began with the old one goes on.
  EXPECT_EQ(connect_to(old_context, {})->certificate(), old_certificate);
}

TEST_F(TlsContextsTest, no_context_for_a_name_outside_the_ca) {
  auto context = fixture_.contexts.get("example.org", wall_now());
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::refused);
  // And it left nothing behind that would be taken for one.
  EXPECT_FALSE(fixture_.contexts.get("example.org", wall_now()));
}

}  // namespace
}  // namespace weir::proxy
