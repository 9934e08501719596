// SPDX-License-Identifier: Apache-2.0
// Answers a request for a file that the hub has just permitted: from the store, from the fetch that brings it, and from
// the origin itself as soon as the store can do neither.  Ranges and conditions are judged here (RFC 9110, sections 13
// and 14).
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/byte_range.h"
#include "http/range.h"
#include "proxy/exchange.h"
#include "proxy/file_request.h"
#include "proxy/hold_back.h"
#include "proxy/range_sender.h"
#include "proxy/services.h"

namespace weir::proxy {

class FileExchange : public Exchange {
 public:
  FileExchange(WorkerContext& context, Responder& responder, FileRequest file);

  void start() override;
  void on_writable() override;

 private:
  bool judge_conditions();
  bool judge_range();
  void refuse_range();
  bool hand_over_parts(std::vector<http::AnsweredRange> ranges);
  bool refuses_resumption(http::RangeSpec::Kind asked);
  void answer_error_with(int status, std::string_view message);
  void answer_without_body(int status, std::optional<uint64_t> length);
  void send_body();
  void send_head(int status, Outcome outcome, std::optional<uint64_t> length);
  void give_up(const upstream::FetchFailure& failure);

  WorkerContext& context_;
  Responder& responder_;
  FileRequest file_;
  ByteRange range_;
  bool partial_ = false;  // a 206
  Asked asked_ = Asked::whole;
  Outcome outcome_ = Outcome::hit;  // of an answer without a body
  std::unique_ptr<RangeSender> sender_;
};

}  // namespace weir::proxy
