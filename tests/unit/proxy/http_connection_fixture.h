// SPDX-License-Identifier: Apache-2.0
// An HttpConnection whose exchanges do what the test says, with a client at the other end of its socket.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/http_connection.h"
#include "tests/unit/proxy/peer.h"

namespace weir::proxy {

// One exchange: what it was given, and its end of the answer.
struct Opened {
  explicit Opened(Responder& its_responder) : responder(its_responder) {}

  // A whole answer of known length.
  void answer(std::string_view body, int status = 200);

  http::RequestHead request;
  http::BodyFraming framing;
  Responder& responder;
  int starts = 0;
  std::string body;
  int ends = 0;  // of the request's body
  int writables = 0;
  bool destroyed = false;
};

// What the exchanges do; they may ask for more by opened.responder.
struct Script {
  std::function<void(Opened&)> on_start = [](Opened&) {};
  std::function<void(Opened&)> on_body = [](Opened&) {};
  std::function<void(Opened&)> on_end = [](Opened&) {};
  std::function<void(Opened&)> on_writable = [](Opened&) {};
};

std::unique_ptr<Exchange> make_exchange(const Script& script, std::shared_ptr<Opened> opened);

class HttpConnectionFixture : public testing::Test {
 protected:
  ~HttpConnectionFixture() override;

  // Makes the connection and starts it.
  void connect(SocketPair pair = socket_pair(), std::string already_read = "");
  void connect(std::unique_ptr<Stream> stream, std::string already_read = "");

  testing::AssertionResult run_until_so(const std::function<bool()>& met);
  // Until the connection has closed and the client has seen all that there is.
  void run_to_the_end();
  void run_until_received(size_t count);
  void run_what_is_ready() { proxy::run_what_is_ready(loop_); }
  // Sends the requests and returns what the client got when `count` requests had been answered.
  std::string ask(std::string_view requests, size_t count = 1);

  Loop loop_;
  LimitOptions limits_;
  Script script_;
  Peer client_;
  std::unique_ptr<HttpConnection> connection_;
  std::vector<std::shared_ptr<Opened>> opened_;
  std::vector<RequestRecord> done_;
  int closed_ = 0;

 private:
  class Handler;
};

}  // namespace weir::proxy
