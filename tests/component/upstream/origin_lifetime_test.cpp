// SPDX-License-Identifier: Apache-2.0
// Who may destroy what and when.
#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {
namespace {

class OriginLifetime : public OriginFixture {
 protected:
  OriginLifetime() { serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"); }

  // Destroys the transfer from within a callback and sees that nothing follows, and that the client still works.
  void let_go() {
    transfer_.reset();
    loop_.stop();
  }

  void expect_silence_and_a_working_client(size_t done_calls) {
    EXPECT_EQ(recorder_.done, done_calls);
    Recorder next(loop_);
    auto transfer = start(get(), next);
    run();
    EXPECT_EQ(next.data, "hello");
    EXPECT_EQ(recorder_.done, done_calls);
  }

  std::unique_ptr<OriginTransfer> transfer_;
};

TEST_F(OriginLifetime, destroyed_before_it_runs) {
  transfer_ = start(get(), recorder_);
  transfer_.reset();
  expect_silence_and_a_working_client(0);
}

TEST_F(OriginLifetime, destroyed_in_on_head) {
  recorder_.after_head = [this] { let_go(); };
  transfer_ = start(get(), recorder_);
  run();
  EXPECT_EQ(recorder_.data, "");
  expect_silence_and_a_working_client(0);
}

TEST_F(OriginLifetime, destroyed_in_ready_for_data) {
  recorder_.ready = [this] {
    let_go();
    return true;
  };
  transfer_ = start(get(), recorder_);
  run();
  EXPECT_EQ(recorder_.data, "");
  expect_silence_and_a_working_client(0);
}

TEST_F(OriginLifetime, destroyed_in_on_data) {
  recorder_.after_data = [this] { let_go(); };
  transfer_ = start(get(), recorder_);
  run();
  EXPECT_EQ(recorder_.data, "hello");
  expect_silence_and_a_working_client(0);
}

TEST_F(OriginLifetime, destroyed_in_on_data_after_a_pause) {
  bool ready = false;
  recorder_.ready = [&] {
    if (!ready) {
      loop_.post([&] {
        ready = true;
        transfer_->resume_reading();
      });
    }
    return ready;
  };
  recorder_.after_data = [this] { let_go(); };
  transfer_ = start(get(), recorder_);
  run();
  EXPECT_EQ(recorder_.data, "hello");
  expect_silence_and_a_working_client(0);
}

TEST_F(OriginLifetime, destroyed_in_on_done) {
  recorder_.after_done = [this] { let_go(); };
  transfer_ = start(get(), recorder_);
  run();
  expect_silence_and_a_working_client(1);
}

TEST_F(OriginLifetime, destroyed_in_on_done_of_a_request_that_never_ran) {
  recorder_.after_done = [this] { let_go(); };
  auto request = get();
  request.host = "";
  transfer_ = start(request, recorder_);
  run();
  expect_silence_and_a_working_client(1);
}

TEST_F(OriginLifetime, destroyed_in_read_body) {
  recorder_.body = [this](std::span<char>, bool&) {
    let_go();
    return size_t{0};
  };
  auto request = get("PUT");
  request.body = RequestBody::length;
  request.body_length = 5;
  transfer_ = start(request, recorder_);
  run();
  expect_silence_and_a_working_client(0);
}

TEST_F(OriginLifetime, destroyed_in_on_done_of_a_timeout) {
  serve([](fakes::TlsConnection& connection) {
    if (connection.read_head().starts_with("POST")) {
      connection.wait_for_end();
    } else {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
  });
  recorder_.after_done = [this] { let_go(); };
  auto request = get("POST");
  request.first_byte_timeout = Duration(20);
  transfer_ = start(request, recorder_);
  run();
  expect_silence_and_a_working_client(1);
}

TEST_F(OriginLifetime, destroyed_while_it_is_paused) {
  recorder_.ready = [this] {
    loop_.post([this] { let_go(); });
    return false;
  };
  transfer_ = start(get(), recorder_);
  run();
  EXPECT_EQ(recorder_.data, "");
  expect_silence_and_a_working_client(0);
}

TEST_F(OriginLifetime, destroyed_before_its_name_is_resolved) {
  auto request = get();
  request.host = "no-such-name.invalid";
  transfer_ = start(request, recorder_);
  loop_.post([this] { let_go(); });
  run();
  expect_silence_and_a_working_client(0);
}

// Each callback may start a further transfer.
TEST_F(OriginLifetime, started_in_callbacks) {
  Recorder second(loop_);
  Recorder third(loop_);
  std::unique_ptr<OriginTransfer> second_transfer;
  std::unique_ptr<OriginTransfer> third_transfer;
  recorder_.after_data = [&] { second_transfer = start(get(), second); };
  second.after_done = [&] { third_transfer = start(get(), third); };
  transfer_ = start(get(), recorder_);
  while (third.done == 0 && !HasFailure()) run();
  EXPECT_EQ(recorder_.data, "hello");
  EXPECT_EQ(second.data, "hello");
  EXPECT_EQ(third.data, "hello");
}

// One that is started and destroyed within one and the same callback.
TEST_F(OriginLifetime, started_and_destroyed_in_a_callback) {
  Recorder second(loop_);
  recorder_.after_data = [&] { start(get(), second).reset(); };
  transfer_ = start(get(), recorder_);
  run();
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(second.done, 0U);
}

// One transfer's end takes another with it.
TEST_F(OriginLifetime, destroyed_in_another_ones_callback) {
  Recorder second(loop_);
  auto second_transfer = start(get(), second);
  recorder_.after_head = [&] { second_transfer.reset(); };
  // Whichever comes first.
  second.after_head = [&] { transfer_.reset(); };
  second.after_done = recorder_.after_done = [this] { loop_.stop(); };
  transfer_ = start(get(), recorder_);
  run();
  EXPECT_NE(recorder_.head.has_value(), second.head.has_value());
}

TEST(OriginClientLifetime, a_client_may_go_before_its_transfers) {
  Loop loop;
  AddressPolicy policy({}, Endpoint{});
  fakes::TestCa ca;
  fakes::TlsServer server(ca.issue(), [](fakes::TlsConnection& connection) { connection.wait_for_end(); });
  OriginOptions options;
  options.connect_to = {"hub.test:443:127.0.0.1:" + std::to_string(server.port())};
  Recorder recorder(loop);
  Recorder asking(loop);
  auto client = std::make_unique<OriginClient>(loop, options, ca.pem(), policy);
  OriginRequest request;
  request.method = "PUT";
  request.host = "hub.test";
  request.target = "/";
  request.body = RequestBody::chunked;
  asking.body = [&](std::span<char>, bool&) {
    loop.stop();
    return size_t{0};
  };
  auto running = client->start(request, asking);
  request.body = RequestBody::none;
  auto connecting = client->start(request, recorder);
  loop.run();
  client.reset();
  running->resume_body();
  connecting->resume_reading();
  loop.post([&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(recorder.done + asking.done, 0U);
}

}  // namespace
}  // namespace weir::upstream
