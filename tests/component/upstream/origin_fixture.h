// SPDX-License-Identifier: Apache-2.0
// What the tests of OriginClient share: a loop, a TLS server that does what the test says, a client that reaches it as
// hub.test, and an observer that writes down what it is told.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/fakes/tls_server.h"
#include "upstream/origin_client.h"

namespace weir::upstream {

class Recorder : public OriginObserver {
 public:
  explicit Recorder(Loop& loop) : loop_(loop) {}

  void on_head(http::ResponseHead answer) override;
  bool ready_for_data() override;
  void on_data(std::string_view bytes) override;
  void on_done(std::optional<OriginFault> ended_by) override;
  size_t read_body(std::span<char> buffer, bool& at_end) override;

  // Called after the recording; each may destroy the transfer.
  std::function<void()> after_head = [] {};
  std::function<bool()> ready = [] { return true; };
  std::function<void()> after_data = [] {};
  std::function<void()> after_done = [] {};
  std::function<size_t(std::span<char>, bool&)> body;

  std::optional<http::ResponseHead> head;
  std::string data;
  size_t done = 0;
  std::optional<OriginFault> fault;

 private:
  Loop& loop_;
};

class OriginFixture : public testing::Test {
 protected:
  OriginFixture();

  // Starts a server with a good certificate, or with this one.
  void serve(fakes::TlsServer::Handler handler);
  void serve(const fakes::TestCertificate& certificate, fakes::TlsServer::Handler handler);
  // Each connection is asked for requests until it ends, and each gets these bytes.
  void serve_answer(std::string answer);

  // Made at the first use, with `options` and `reach` as they are then.
  OriginClient& client();
  std::unique_ptr<OriginTransfer> start(OriginRequest request, OriginObserver& observer);
  // Runs the loop until somebody stops it; a run that lasts for long is a failure.
  void run();
  // Starts, and runs to the end.
  void exchange(OriginRequest request);

  // A request to hub.test for "/".
  static OriginRequest get(std::string method = "GET");

  fakes::TestCa ca_;
  std::unique_ptr<fakes::TlsServer> server_;
  Loop loop_;
  OriginOptions options_;
  ReachOptions reach_;
  std::string roots_ = ca_.pem();
  Recorder recorder_{loop_};

 private:
  std::optional<AddressPolicy> policy_;
  std::unique_ptr<OriginClient> client_;
};

}  // namespace weir::upstream
