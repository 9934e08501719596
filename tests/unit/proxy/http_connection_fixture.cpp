// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/proxy/http_connection_fixture.h"

#include <utility>

namespace weir::proxy {
namespace {

class ScriptedExchange : public Exchange {
 public:
  ScriptedExchange(Script script, std::shared_ptr<Opened> opened)
      : script_(std::move(script)), opened_(std::move(opened)) {}
  ~ScriptedExchange() override { opened_->destroyed = true; }

  void start() override {
    ++opened_->starts;
    script_.on_start(*opened_);
  }
  void on_request_body(std::string_view bytes) override {
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(opened_->ends, 0) << "bytes behind the end of the body";
    opened_->body += bytes;
    script_.on_body(*opened_);
  }
  void on_request_end() override {
    ++opened_->ends;
    script_.on_end(*opened_);
  }
  void on_writable() override {
    ++opened_->writables;
    script_.on_writable(*opened_);
  }

 private:
  Script script_;
  std::shared_ptr<Opened> opened_;
};

}  // namespace

void Opened::answer(std::string_view bytes, int status) {
  responder.send_head({status, "", 1, {}}, bytes.size());
  responder.send_body(bytes);
  responder.finish();
}

std::unique_ptr<Exchange> make_exchange(const Script& script, std::shared_ptr<Opened> opened) {
  return std::make_unique<ScriptedExchange>(script, std::move(opened));
}

class HttpConnectionFixture::Handler : public RequestHandler {
 public:
  explicit Handler(HttpConnectionFixture& test) : test_(test) {}

  std::unique_ptr<Exchange> open(http::RequestHead request, const http::BodyFraming& body,
                                 Responder& responder) override {
    auto opened = std::make_shared<Opened>(responder);
    opened->request = std::move(request);
    opened->framing = body;
    test_.opened_.push_back(opened);
    return make_exchange(test_.script_, opened);
  }
  std::string host() const override { return "hub.test"; }

 private:
  HttpConnectionFixture& test_;
};

HttpConnectionFixture::~HttpConnectionFixture() {
  connection_.reset();
  run_what_is_ready();
}

void HttpConnectionFixture::connect(SocketPair pair, std::string already_read) {
  client_ = Peer(std::move(pair.peer));
  client_.keeps_dates = false;
  connect(std::make_unique<PlainStream>(std::move(pair.ours)), std::move(already_read));
}

void HttpConnectionFixture::connect(std::unique_ptr<Stream> stream, std::string already_read) {
  HttpConnection::Setup setup{limits_, "127.0.0.1", [this](const RequestRecord& record) { done_.push_back(record); },
                              [this] {
                                ++closed_;
                                loop_.destroy_later(std::move(connection_));
                              }};
  connection_ = std::make_unique<HttpConnection>(loop_, std::move(stream), std::make_unique<Handler>(*this),
                                                 std::move(setup), std::move(already_read));
  connection_->start();
}

testing::AssertionResult HttpConnectionFixture::run_until_so(const std::function<bool()>& met) {
  return run_until(loop_, [&] {
    client_.poll();
    return met();
  });
}

void HttpConnectionFixture::run_to_the_end() {
  ASSERT_TRUE(run_until_so([&] { return closed_ > 0 && (client_.fd() < 0 || client_.ended || client_.reset); }));
  EXPECT_EQ(closed_, 1);
  run_what_is_ready();
  for (const auto& opened : opened_) EXPECT_TRUE(opened->destroyed);
}

void HttpConnectionFixture::run_until_received(size_t count) {
  ASSERT_TRUE(run_until_so([&] { return client_.received.size() >= count; })) << client_.received;
}

std::string HttpConnectionFixture::ask(std::string_view requests, size_t count) {
  client_.send(requests);
  EXPECT_TRUE(run_until_so([&] { return done_.size() >= count; }));
  client_.poll();
  return client_.received;
}

}  // namespace weir::proxy
