// SPDX-License-Identifier: Apache-2.0
// A Responder that writes down what it is told, and takes as many bytes as the test says.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "proxy/exchange.h"

namespace weir::proxy {

class FakeResponder : public Responder {
 public:
  void send_head(http::ResponseHead sent, std::optional<uint64_t> size) override {
    head = std::move(sent);
    length = size;
  }
  void send_continue() override {}
  void send_body(std::string_view bytes) override { body += bytes; }
  size_t send_now(std::string_view bytes) override {
    ++offers;
    auto taken = std::min(bytes.size(), room);
    room -= taken;
    body += bytes.substr(0, taken);
    return taken;
  }
  bool takes_files() const override { return can_take_files; }
  std::optional<size_t> send_file_now(int file, uint64_t offset, size_t count) override {
    ++files;
    std::string bytes(std::min(count, room), '\0');
    auto got = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got == 0 && !bytes.empty()) return std::nullopt;
    return send_now(std::string_view(bytes).substr(0, static_cast<size_t>(got)));
  }
  void finish() override { ++finished; }
  void abort() override { ++aborted; }
  void hand_over(std::unique_ptr<Exchange>) override {}
  bool congested() const override { return false; }
  void pause_request_body() override {}
  void resume_request_body() override {}
  bool head_sent() const override { return head.has_value(); }
  RequestRecord& record() override { return record_; }

  size_t room = SIZE_MAX;  // for send_now()
  size_t offers = 0;
  bool can_take_files = false;
  size_t files = 0;  // calls of send_file_now()
  std::optional<http::ResponseHead> head;
  std::optional<uint64_t> length;
  std::string body;
  int finished = 0;
  int aborted = 0;

 private:
  RequestRecord record_;
};

}  // namespace weir::proxy
