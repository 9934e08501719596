// SPDX-License-Identifier: Apache-2.0
// Requests to paired Weirs: the key is what counts, and no other setting of the way to the origin.
#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "tests/component/peer/tls_end.h"
#include "tests/component/upstream/origin_fixture.h"
#include "upstream/peer_tls.h"

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;
using testing::HasSubstr;

class PeerRequests : public OriginFixture {
 protected:
  PeerRequests() {
    auto context = peer::server_context();
    EXPECT_TRUE(peer::configure_server(context.get(), host_));
    end_ = std::make_unique<peer::TlsEnd>(context, [this](ssl_st* ssl) { answer(ssl); });
    // Neither is for a peer.
    options_.connect_to = {"::127.0.0.1:1"};
    options_.parent.proxy = ParentProxy::parse("http://127.0.0.1:1").value();
  }

  // Until the client goes; on the server's threads.
  void answer(ssl_st* ssl) {
    auto session = peer::session_of(ssl);
    for (;;) {
      auto head = peer::read_head(ssl);
      if (head.empty()) return;
      std::string body = session && session->spki == guest_.spki ? "the guest" : "somebody else";
      peer::write_text(ssl, "HTTP/1.1 206 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }

  OriginRequest ask(std::shared_ptr<const PeerTls> tls) const {
    OriginRequest request;
    request.method = "GET";
    request.host = "127.0.0.1";
    request.port = end_->port();
    request.target = "/-/blob/sha256/" + sha256("").hex();
    request.fields = {{"Host", "127.0.0.1"}, {"Range", "bytes=0-99"}};
    request.peer = std::move(tls);
    return request;
  }

  const peer::Identity host_ = peer::Identity::make().value();
  const peer::Identity guest_ = peer::Identity::make().value();
  std::unique_ptr<peer::TlsEnd> end_;
};

TEST_F(PeerRequests, reach_the_pinned_key_with_a_certificate_of_their_own) {
  exchange(ask(std::make_shared<const PeerTls>(guest_, host_.spki)));
  ASSERT_FALSE(recorder_.fault) << recorder_.fault->message;
  EXPECT_EQ(recorder_.head->status, 206);
  EXPECT_EQ(recorder_.data, "the guest");
}

TEST_F(PeerRequests, send_nothing_to_another_key) {
  exchange(ask(std::make_shared<const PeerTls>(guest_, guest_.spki)));
  ASSERT_TRUE(recorder_.fault);
  EXPECT_EQ(recorder_.fault->kind, Kind::bad_certificate);
  EXPECT_THAT(recorder_.fault->message, HasSubstr("not the key that this Weir was paired with"));
  ASSERT_TRUE(end_->wait_for(1));
  EXPECT_EQ(end_->finished(), 0);
}

TEST_F(PeerRequests, share_a_connection_with_those_of_the_same_key_alone) {
  options_.connect_to.clear();
  options_.parent.proxy.reset();
  reach_.allow_private = {Cidr::parse("127.0.0.0/8").value()};
  auto right = std::make_shared<const PeerTls>(guest_, host_.spki);
  for (int i = 0; i < 2; ++i) {
    Recorder recorder(loop_);
    auto transfer = start(ask(right), recorder);
    run();
    EXPECT_EQ(recorder.data, "the guest");
  }
  EXPECT_EQ(end_->finished(), 1);
  for (auto other : {std::make_shared<const PeerTls>(guest_, guest_.spki), std::shared_ptr<const PeerTls>()}) {
    Recorder recorder(loop_);
    auto transfer = start(ask(other), recorder);
    run();
    EXPECT_TRUE(recorder.fault);
    EXPECT_EQ(recorder.head, std::nullopt);
  }
  EXPECT_EQ(end_->finished(), 1);
}

}  // namespace
}  // namespace weir::upstream
