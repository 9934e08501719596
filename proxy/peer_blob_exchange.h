// SPDX-License-Identifier: Apache-2.0
// Answers a peer's request for a blob by its digest: from the store, or from the blocks that a running fetch has got.
// Only what is held is given; nothing is ever fetched for a peer, so that Weirs which ask each other neither loop nor
// make each other ask the hub.  Lives on the connection's loop.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_range.h"
#include "base/digest.h"
#include "http/head.h"
#include "proxy/blob_sender.h"
#include "proxy/exchange.h"
#include "proxy/services.h"
#include "proxy/sharing.h"
#include "upstream/fetch_progress.h"

namespace weir::proxy {

inline constexpr std::string_view kBlobPrefix = "/-/blob/sha256/";

class PeerBlobExchange : public Exchange {
 public:
  PeerBlobExchange(WorkerContext& context, Responder& responder, const Sha256& digest, http::RequestHead request)
      : context_(context), responder_(responder), digest_(digest), request_(std::move(request)) {}

  void start() override;
  void on_writable() override;

 private:
  using Progress = std::shared_ptr<const upstream::FetchProgress>;

  void look();
  void on_looked(const Progress& progress);
  void answer_whole(std::shared_ptr<const cas::Blob> blob);
  void answer_part(const upstream::FetchProgress& progress);
  void send(const upstream::FetchProgress& progress, ByteRange range, http::ResponseHead head);
  http::Fields fields(uint64_t size, std::vector<ByteRange> runs) const;
  http::ResponseHead head(int status, const http::Fields& fields) const;

  WorkerContext& context_;
  Responder& responder_;
  Sha256 digest_;
  http::RequestHead request_;
  std::unique_ptr<Sharing::Question> question_;
  std::unique_ptr<BlobSender> sender_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // while somebody waits for look()
};

}  // namespace weir::proxy
