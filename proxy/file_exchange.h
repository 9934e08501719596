// SPDX-License-Identifier: Apache-2.0
// Answers a request for a file that the hub has just permitted, from the store or from the fetch that brings it. Ranges
// and conditions are judged here (RFC 9110, sections 13 and 14).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/byte_range.h"
#include "base/digest.h"
#include "http/conditional.h"
#include "http/head.h"
#include "http/target.h"
#include "hub/grant.h"
#include "proxy/blob_sender.h"
#include "proxy/exchange.h"
#include "proxy/hold_back.h"
#include "proxy/services.h"
#include "upstream/fetch_join.h"
#include "upstream/fetch_table.h"

namespace weir::proxy {

// A permitted file and how it was asked for.
struct FileRequest {
  Sha256 digest;
  uint64_t size = 0;
  http::Fields answer;   // of the answer's head, ETag included; Content-Length and Content-Range are added
  http::Fields request;  // the client's: Range, If-Range, If-None-Match, User-Agent
  bool head_only = false;
  // Where the bytes are; nothing when the file must be held.
  std::optional<http::Url> source;
  hub::SharedGrant grant;
};

class FileExchange : public Exchange, private upstream::FetchListener {
 public:
  FileExchange(WorkerContext& context, Responder& responder, FileRequest file);

  void start() override;
  void on_writable() override;

 private:
  // FetchListener
  void on_joined(std::shared_ptr<const upstream::FetchProgress> progress, bool started) override;
  void on_progress() override;

  bool judge_range();
  bool refuses_resumption();
  void answer_error_with(int status, std::string_view message);
  void answer_without_body(int status, std::optional<uint64_t> length);
  void answer_from(const cas::Blob& blob);
  void answer_wrong_size(uint64_t size);
  void join();
  void send_head(int status, Outcome outcome, std::optional<uint64_t> length);
  void begin_body(std::shared_ptr<const cas::BlobFile> file);

  WorkerContext& context_;
  Responder& responder_;
  FileRequest file_;
  ByteRange range_;
  bool partial_ = false;  // a 206
  Asked asked_ = Asked::whole;

  std::unique_ptr<upstream::FetchMembership> membership_;
  std::shared_ptr<const upstream::FetchProgress> progress_;
  Outcome outcome_ = Outcome::hit;
  uint64_t fresh_from_ = 0;  // bytes from here on came from the origin for this request
  std::unique_ptr<BlobSender> sender_;
};

}  // namespace weir::proxy
