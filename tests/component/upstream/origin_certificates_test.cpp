// SPDX-License-Identifier: Apache-2.0
// Peers that must not be believed, and addresses that must not be reached.
#include <gmock/gmock.h>

#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;
using testing::HasSubstr;

class OriginCertificates : public OriginFixture {
 protected:
  std::string refusal_of(const fakes::TestCertificate& certificate) {
    serve(certificate, [](fakes::TlsConnection& connection) {
      connection.read_head();
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
    });
    exchange(get());
    EXPECT_EQ(recorder_.head, std::nullopt);
    EXPECT_EQ(recorder_.fault.value().kind, Kind::bad_certificate);
    EXPECT_THAT(recorder_.fault->message, HasSubstr("hub.test:443"));
    return recorder_.fault->message;
  }
};

TEST_F(OriginCertificates, expired) {
  auto message = refusal_of(ca_.issue({.valid_from_days = -10, .valid_to_days = -1}));
  EXPECT_THAT(message, HasSubstr("expired"));
  EXPECT_THAT(message, HasSubstr("clock"));
}

TEST_F(OriginCertificates, not_yet_valid) {
  EXPECT_THAT(refusal_of(ca_.issue({.valid_from_days = 1})), HasSubstr("not yet valid"));
}

TEST_F(OriginCertificates, for_another_host) {
  EXPECT_THAT(refusal_of(ca_.issue({.name = "other.test"})), HasSubstr("hub.test"));
}

TEST_F(OriginCertificates, self_signed) {
  auto message = refusal_of(fakes::self_signed());
  EXPECT_THAT(message, HasSubstr("self-signed"));
  EXPECT_THAT(message, HasSubstr("[origin] ca_file"));
}

TEST_F(OriginCertificates, of_an_unknown_ca) {
  auto message = refusal_of(fakes::TestCa("Another CA").issue());
  EXPECT_THAT(message, HasSubstr("issuer"));
  EXPECT_THAT(message, HasSubstr("[origin] ca_file"));
}

TEST_F(OriginCertificates, with_the_name_in_the_wrong_place) {
  auto message = refusal_of(ca_.issue({.named = fakes::LeafOptions::Named::in_common_name_only}));
  EXPECT_THAT(message, HasSubstr("subjectAltName"));
}

TEST_F(OriginCertificates, with_a_weak_key) {
  EXPECT_THAT(refusal_of(ca_.issue({.key = fakes::LeafOptions::Key::rsa_1024})), HasSubstr("too weak"));
}

TEST_F(OriginCertificates, with_a_weak_hash) {
  EXPECT_THAT(refusal_of(ca_.issue({.hash = fakes::LeafOptions::Hash::sha1})), HasSubstr("too weak"));
}

TEST_F(OriginCertificates, below_one_with_a_weak_hash) {
  auto between =
      ca_.issue({.name = "Between", .hash = fakes::LeafOptions::Hash::sha1, .constraints = "critical,CA:TRUE"});
  EXPECT_THAT(refusal_of(fakes::TestCa::issue_below(between)), HasSubstr("too weak"));
}

TEST_F(OriginCertificates, for_another_use) {
  EXPECT_THAT(refusal_of(ca_.issue({.usage = "clientAuth"})), HasSubstr("purpose"));
}

TEST_F(OriginCertificates, signed_by_one_that_may_not_sign) {
  refusal_of(fakes::TestCa::issue_below(ca_.issue({.name = "No CA", .constraints = "critical,CA:FALSE"})));
}

TEST_F(OriginCertificates, signed_by_one_that_may_sign_for_others_only) {
  EXPECT_THAT(
      refusal_of(fakes::TestCa::issue_below(ca_.issue({.name = "Others' CA",
                                                       .constraints = "critical,CA:TRUE",
                                                       .name_constraints = "critical,permitted;DNS:other.test"}))),
      HasSubstr("permitted subtree"));
}

TEST_F(OriginCertificates, below_one_that_may_sign_are_fine) {
  auto between = ca_.issue({.name = "Between", .constraints = "critical,CA:TRUE"});
  serve(fakes::TestCa::issue_below(between), [](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt) << recorder_.fault->message;
}

TEST_F(OriginCertificates, no_roots_trust_nothing) {
  roots_ = "";
  refusal_of(ca_.issue());
}

TEST_F(OriginCertificates, one_of_several_roots_is_enough) {
  roots_ = fakes::TestCa("One").pem() + ca_.pem() + fakes::TestCa("Two").pem();
  serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
}

class OriginReach : public OriginFixture {
 protected:
  OriginReach() {
    serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    options_.connect_to.clear();
  }

  OriginRequest direct(std::string host) {
    auto request = get();
    request.host = std::move(host);
    request.port = server_->port();
    return request;
  }
};

TEST_F(OriginReach, private_addresses_are_refused_before_any_packet) {
  exchange(direct("127.0.0.1"));
  ASSERT_TRUE(recorder_.fault);
  EXPECT_EQ(recorder_.fault->kind, Kind::refused_address);
  EXPECT_THAT(recorder_.fault->message, HasSubstr("[tunnel] allow_private"));
  EXPECT_THAT(recorder_.fault->message, HasSubstr("127.0.0.1"));
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(OriginReach, names_are_judged_by_their_addresses) {
  exchange(direct("localhost"));
  EXPECT_EQ(recorder_.fault.value().kind, Kind::refused_address);
}

TEST_F(OriginReach, an_exception_lets_them_through_to_the_certificate_check) {
  reach_.allow_private = {Cidr::parse("127.0.0.0/8").value()};
  exchange(direct("127.0.0.1"));
  EXPECT_EQ(recorder_.fault.value().kind, Kind::bad_certificate);
}

TEST_F(OriginReach, connect_to_is_the_operators_own_choice_for_its_host_only) {
  options_.connect_to = {"hub.test:443:127.0.0.1:" + std::to_string(server_->port())};
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
  Recorder other(loop_);
  auto transfer = start(direct("127.0.0.1"), other);
  run();
  EXPECT_EQ(other.fault.value().kind, Kind::refused_address);
}

TEST_F(OriginReach, what_is_no_host_is_not_asked_for) {
  for (const char* host : {"", "a@hub.test", "hub.test/x", "hub.test:443", "hub test", "0x7f.1"}) {
    Recorder recorder(loop_);
    auto transfer = start(direct(host), recorder);
    EXPECT_EQ(recorder.done, 0U);
    run();
    EXPECT_EQ(recorder.fault.value().kind, Kind::unreachable) << host;
  }
}

}  // namespace
}  // namespace weir::upstream
