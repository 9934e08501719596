// SPDX-License-Identifier: Apache-2.0
#include "proxy/port_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>

#include "proxy/tls_stream.h"
#include "tests/unit/proxy/peer.h"
#include "tests/unit/proxy/tls_client.h"

namespace weir::proxy {
namespace {

using testing::HasSubstr;

// The test's CA signs for the hub's hosts, so names under them stand for the proxy's.
class PortTlsTest : public testing::Test {
 protected:
  PortTlsTest() { options_.names = {"one.huggingface.co", "two.huggingface.co"}; }

  // Whether a client that asks for `asked` and trusts `trusted` alone accepts what it sees.
  bool accepts(ssl_ctx_st* context, const std::string& asked, const std::string& trusted) {
    auto pair = socket_pair();
    TlsStream server(std::make_unique<PlainStream>(std::move(pair.ours)), {tls_, context});
    TlsClientOptions options;
    options.server_name = asked;
    options.trusted = trusted;
    TlsClient client(std::move(pair.peer), options);
    for (int flight = 0; flight < 10; ++flight) client.shake_hands(), server.handshake();
    failure_ = client.failure();
    return client.shake_hands();
  }
  bool accepts(const std::string& asked) {
    auto tls = make_port_tls(options_, fixture_.leaves);
    EXPECT_TRUE(tls) << tls.error().message;
    tls_ = *tls;
    return accepts(tls_.get(), asked, fixture_.authority->ca_pem());
  }

  void write_pair(const certs::LeafCertificate& leaf) {
    options_.cert = fixture_.folder / "cert.pem";
    options_.key = fixture_.folder / "key.pem";
    std::unique_ptr<FILE, int (*)(FILE*)> cert(std::fopen(options_.cert.c_str(), "w"), std::fclose);
    std::unique_ptr<FILE, int (*)(FILE*)> key(std::fopen(options_.key.c_str(), "w"), std::fclose);
    ASSERT_EQ(PEM_write_X509(cert.get(), leaf.certificate.get()), 1);
    ASSERT_EQ(PEM_write_PrivateKey(key.get(), leaf.key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  }

  TlsFixture fixture_;
  PortIdentity options_;
  std::shared_ptr<ssl_ctx_st> tls_;
  std::string failure_;
};

TEST_F(PortTlsTest, has_a_certificate_for_each_name) {
  EXPECT_TRUE(accepts("one.huggingface.co")) << failure_;
  EXPECT_TRUE(accepts("two.huggingface.co")) << failure_;
  EXPECT_TRUE(accepts("TWO.huggingface.co")) << failure_;
  EXPECT_FALSE(accepts("three.huggingface.co"));
}

TEST_F(PortTlsTest, refuses_a_name_that_the_ca_may_not_sign_for) {
  options_.names.push_back("weir.example.com");
  auto tls = make_port_tls(options_, fixture_.leaves);
  ASSERT_FALSE(tls);
  EXPECT_THAT(tls.error().message, HasSubstr("proxy.names"));
  EXPECT_THAT(tls.error().message, HasSubstr("weir.example.com"));
}

TEST_F(PortTlsTest, takes_the_operators_certificate_for_every_name) {
  write_pair(fixture_.authority->mint("given.huggingface.co", wall_now()).value());
  EXPECT_TRUE(accepts("given.huggingface.co")) << failure_;
  EXPECT_FALSE(accepts("one.huggingface.co"));
}

TEST_F(PortTlsTest, says_which_file_is_wrong) {
  write_pair(fixture_.authority->mint("given.huggingface.co", wall_now()).value());
  auto cert = options_.cert;
  options_.cert = "/nowhere/cert.pem";
  EXPECT_THAT(make_port_tls(options_, fixture_.leaves).error().message, HasSubstr("proxy.cert: /nowhere/cert.pem"));
  options_.cert = cert;
  auto key = options_.key;
  options_.key = cert;
  EXPECT_THAT(make_port_tls(options_, fixture_.leaves).error().message, HasSubstr("proxy.key: " + cert.string()));
  write_pair(fixture_.authority->mint("other.huggingface.co", wall_now()).value());
  std::filesystem::rename(key, fixture_.folder / "other.pem");
  write_pair(fixture_.authority->mint("given.huggingface.co", wall_now()).value());
  options_.key = fixture_.folder / "other.pem";
  EXPECT_THAT(make_port_tls(options_, fixture_.leaves).error().message, HasSubstr("key values mismatch"));
}

TEST(PortIdentityTest, comes_of_the_proxy_or_of_the_endpoint) {
  Options options;
  EXPECT_EQ(port_identity(options), std::nullopt);
  options.endpoint = {{"w.example"}, "c", "k"};
  EXPECT_EQ(port_identity(options), (PortIdentity{"endpoint", {"w.example"}, "c", "k"}));
  options.endpoint = {{"w.example"}, {}, {}};
  options.listen.tls = true;
  options.listen.cert = "pc";
  options.listen.key = "pk";
  EXPECT_EQ(port_identity(options), (PortIdentity{"proxy", {"localhost", "w.example"}, "pc", "pk"}));
}

}  // namespace
}  // namespace weir::proxy
