// SPDX-License-Identifier: Apache-2.0
// Pairing between two TLS ends, the guest as the program has it, the host as a test wants it.
#include "peer/pairing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "peer/channel.h"
#include "peer/invitations.h"
#include "peer/tls.h"
#include "tests/component/peer/tls_end.h"

namespace weir::peer {
namespace {

using testing::HasSubstr;

const Secret kSecret("0123456789");
const WallTime kNow{std::chrono::seconds(1'700'000'000)};

std::string answer_with(int status, const http::Fields& fields, const std::string& body = "") {
  http::ResponseHead head{status, "", 1, fields};
  head.fields.add("Content-Length", std::to_string(body.size()));
  return http::serialize(head) + body;
}

struct PairingTest : testing::Test {
  std::shared_ptr<ssl_ctx_st> host_context() const {
    auto context = server_context();
    EXPECT_TRUE(configure_server(context.get(), host));
    return context;
  }

  // As the proxy does it.
  void serve(ssl_st* ssl, const std::optional<Secret>& secret) {
    auto session = session_of(ssl).value();
    guest_seen = session.spki;
    request = read_head(ssl);
    auto head = http::parse_request(request).value();
    auto offered = introduction_in(head.fields);
    Binding binding{session.exporter, host.spki, session.spki};
    bool right = offered && secret && same_proof(offered->proof, proof_of(*secret, binding, Role::guest));
    if (!right) return write_text(ssl, answer_with(403, {}, "That code is not right.\n"));
    write_text(ssl, answer_with(200, fields_of({proof_of(*secret, binding, Role::host), "the-host", 0})));
  }

  Result<Peer> join_at(const TlsEnd& end, const JoinCode& given) const {
    return join({"127.0.0.1", end.port(), true}, given, {guest, "the-guest", 1234}, kNow);
  }

  const Identity host = Identity::make().value();
  const Identity guest = Identity::make().value();
  const JoinCode code{prefix_of(host.spki), kSecret};
  std::string request;
  Sha256 guest_seen;
};

TEST_F(PairingTest, both_sides_prove_and_know_each_others_key) {
  TlsEnd end(host_context(), [&](ssl_st* ssl) { serve(ssl, kSecret); });
  auto joined = join_at(end, code);
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_EQ(*joined, (Peer{"the-host", {"127.0.0.1", end.port(), true}, host.spki, kNow}));
  EXPECT_EQ(guest_seen, guest.spki);
  EXPECT_THAT(request, HasSubstr("POST /-/peer/pair HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Weir-Name: the-guest\r\nWeir-Port: 1234\r\n"));
}

TEST_F(PairingTest, a_wrong_secret_is_refused_in_the_hosts_words) {
  TlsEnd end(host_context(), [&](ssl_st* ssl) { serve(ssl, Secret("9876543210")); });
  auto joined = join_at(end, code);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code, ErrorCode::refused);
  EXPECT_THAT(joined.error().message, HasSubstr("403: That code is not right."));
}

TEST_F(PairingTest, an_invitation_is_used_up_or_expires) {
  Invitations invitations;
  MonotonicTime now{};
  TlsEnd end(host_context(), [&](ssl_st* ssl) { serve(ssl, invitations.use(now)); });
  JoinCode invited{prefix_of(host.spki), invitations.open(now)};
  EXPECT_TRUE(join_at(end, invited));
  EXPECT_EQ(join_at(end, invited).error().code, ErrorCode::refused);

  invited.secret = invitations.open(now);
  EXPECT_EQ(join_at(end, code).error().code, ErrorCode::refused);
  EXPECT_EQ(join_at(end, invited).error().code, ErrorCode::refused);

  invited.secret = invitations.open(now);
  now += kInvitationTime;
  EXPECT_EQ(join_at(end, invited).error().code, ErrorCode::refused);
}

TEST_F(PairingTest, a_host_must_prove_itself_too) {
  for (auto fields : {http::Fields{}, fields_of({sha256("guess"), "the-host", 0})}) {
    TlsEnd end(host_context(), [&](ssl_st* ssl) {
      read_head(ssl);
      write_text(ssl, answer_with(200, fields));
    });
    auto joined = join_at(end, code);
    ASSERT_FALSE(joined);
    EXPECT_THAT(joined.error().message, HasSubstr("does not prove that it knows the code"));
  }
}

// The guest's own proof sent back to it proves nothing.
TEST_F(PairingTest, a_proof_is_good_in_one_direction) {
  TlsEnd end(host_context(), [&](ssl_st* ssl) {
    auto head = http::parse_request(read_head(ssl)).value();
    write_text(ssl, answer_with(200, fields_of(introduction_in(head.fields).value())));
  });
  EXPECT_EQ(join_at(end, code).error().code, ErrorCode::refused);
}

TEST_F(PairingTest, a_code_is_for_another_machine) {
  auto joined = join({"127.0.0.1", 1, true}, {prefix_of(guest.spki), kSecret}, {guest, "the-guest", 1234}, kNow);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code, ErrorCode::invalid);
}

TEST_F(PairingTest, nothing_is_sent_to_a_key_that_the_code_does_not_name) {
  TlsEnd end(host_context(), [&](ssl_st* ssl) { request = read_head(ssl); });
  JoinCode other{prefix_of(sha256("another key")), kSecret};
  auto joined = join_at(end, other);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code, ErrorCode::refused);
  EXPECT_THAT(joined.error().message, HasSubstr("another key"));
  ASSERT_TRUE(end.wait_for(1));
  EXPECT_EQ(end.finished(), 0);  // the handshake ended before the guest's certificate
  EXPECT_EQ(request, "");
}

// The very proof of one connection on another one between the same two keys.
TEST_F(PairingTest, a_proof_is_good_on_its_own_connection_alone) {
  std::string taken;
  TlsEnd thief(host_context(), [&](ssl_st* ssl) { taken = read_head(ssl); });
  EXPECT_FALSE(join_at(thief, code));
  ASSERT_THAT(taken, HasSubstr("Weir-Proof: "));

  TlsEnd end(host_context(), [&](ssl_st* ssl) { serve(ssl, kSecret); });
  http::RequestHead replayed = http::parse_request(taken).value();
  auto is_host = [&](const Sha256& spki) { return spki == host.spki; };
  auto channel = Channel::open({"127.0.0.1", end.port(), true}, guest, is_host, Duration(15'000));
  ASSERT_TRUE(channel);
  auto told = (*channel)->ask(replayed);
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->head.status, 403);
}

TEST_F(PairingTest, an_old_tls_or_another_protocol_is_no_peer) {
  TlsEnd end(host_context(), [](ssl_st*) {});
  auto shake = [&](int version, std::string_view protocols) {
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    EXPECT_EQ(SSL_CTX_set_max_proto_version(context.get(), version), 1);
    SSL_CTX_use_certificate(context.get(), guest.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), guest.key.get());
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
    int before = end.finished() + end.failed();
    std::unique_ptr<BIO, void (*)(BIO*)> bio(BIO_new_ssl_connect(context.get()), BIO_free_all);
    BIO_set_conn_hostname(bio.get(), ("127.0.0.1:" + std::to_string(end.port())).c_str());
    BIO_do_handshake(bio.get());
    bio.reset();
    EXPECT_TRUE(end.wait_for(before + 1));
    return end.finished() > 0;
  };
  EXPECT_FALSE(shake(TLS1_2_VERSION, "\x0bweir-peer/1"));
  EXPECT_FALSE(shake(TLS1_3_VERSION, "\x08http/1.1"));
  EXPECT_FALSE(shake(TLS1_3_VERSION, ""));
  EXPECT_TRUE(shake(TLS1_3_VERSION, "\x08http/1.1\x0bweir-peer/1"));
}

TEST_F(PairingTest, who_does_not_speak_as_a_peer_is_named) {
  auto context = server_context();
  SSL_CTX_use_certificate(context.get(), host.certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), host.key.get());
  TlsEnd end(context, [](ssl_st*) {});
  auto joined = join_at(end, code);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code, ErrorCode::refused);
}

}  // namespace
}  // namespace weir::peer
