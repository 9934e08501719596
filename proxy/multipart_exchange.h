// SPDX-License-Identifier: Apache-2.0
// Answers a request for several ranges of a permitted file: a 206 of the type multipart/byteranges (RFC 9110, section
// 14.6).  Each part is a wanted range of its own of the fetch that brings the file, so that they come side by side;
// they are sent one after another.  FileExchange has judged the request.  Lives on the connection's loop.
#pragma once

#include <memory>
#include <vector>

#include "http/multipart_ranges.h"
#include "proxy/exchange.h"
#include "proxy/file_request.h"
#include "proxy/range_sender.h"

namespace weir::proxy {

class MultipartExchange : public Exchange {
 public:
  MultipartExchange(WorkerContext& context, Responder& responder, FileRequest file, http::MultipartRanges body);

  void start() override;
  void on_writable() override;

 private:
  std::unique_ptr<RangeSender> make_sender(const http::AnsweredRange& answered);
  void on_prepared();
  Outcome outcome() const;
  void begin_part();
  void end_part();
  void give_up(const upstream::FetchFailure& failure);

  WorkerContext& context_;
  Responder& responder_;
  const FileRequest file_;
  const http::MultipartRanges body_;
  std::vector<std::unique_ptr<RangeSender>> parts_;
  size_t prepared_ = 0;
  size_t current_ = 0;  // the part that is sent
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::proxy
