// SPDX-License-Identifier: Apache-2.0
#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {

void Recorder::on_head(http::ResponseHead answer) {
  EXPECT_FALSE(head) << "a second head";
  head = std::move(answer);
  after_head();
}

bool Recorder::ready_for_data() {
  return ready();
}

void Recorder::on_data(std::string_view bytes) {
  data += bytes;
  after_data();
}

void Recorder::on_done(std::optional<OriginFault> ended_by) {
  ++done;
  fault = std::move(ended_by);
  loop_.stop();
  after_done();
}

size_t Recorder::read_body(std::span<char> buffer, bool& at_end) {
  return body(buffer, at_end);
}

OriginFixture::OriginFixture() = default;

void OriginFixture::serve(fakes::TlsServer::Handler handler) {
  serve(ca_.issue(), std::move(handler));
}

void OriginFixture::serve(const fakes::TestCertificate& certificate, fakes::TlsServer::Handler handler) {
  server_ = std::make_unique<fakes::TlsServer>(certificate, std::move(handler));
  options_.connect_to = {"hub.test:443:127.0.0.1:" + std::to_string(server_->port())};
}

void OriginFixture::serve_answer(std::string answer) {
  serve([answer](fakes::TlsConnection& connection) {
    while (!connection.read_head().empty() && connection.write(answer)) {
    }
  });
}

OriginClient& OriginFixture::client() {
  if (!client_) {
    policy_.emplace(reach_, Endpoint::parse("127.0.0.1:1").value());
    client_ = std::make_unique<OriginClient>(loop_, options_, roots_, *policy_);
  }
  return *client_;
}

std::unique_ptr<OriginTransfer> OriginFixture::start(OriginRequest request, OriginObserver& observer) {
  return client().start(std::move(request), observer);
}

void OriginFixture::run() {
  Timer too_long(loop_, [this] {
    ADD_FAILURE() << "nothing came to an end";
    loop_.stop();
  });
  too_long.start(Duration(30'000));
  loop_.run();
}

void OriginFixture::exchange(OriginRequest request) {
  auto transfer = start(std::move(request), recorder_);
  EXPECT_EQ(recorder_.done, 0U) << "the observer was called from within start()";
  run();
  EXPECT_EQ(recorder_.done, 1U);
}

OriginRequest OriginFixture::get(std::string method) {
  OriginRequest request;
  request.method = std::move(method);
  request.host = "hub.test";
  request.target = "/";
  request.fields = {{"Host", "hub.test"}};
  return request;
}

}  // namespace weir::upstream
