// SPDX-License-Identifier: Apache-2.0
// Sends one range of a permitted file as an answer's body, or as a part of one: from the store, from the fetch that
// brings the file, or past a store that cannot take it.  Lives on the connection's loop.
#pragma once

#include <functional>
#include <memory>

#include "base/byte_range.h"
#include "cas/blob.h"
#include "proxy/blob_sender.h"
#include "proxy/exchange.h"
#include "proxy/file_request.h"
#include "proxy/hold_back.h"
#include "proxy/origin_sender.h"
#include "upstream/fetch_table.h"

namespace weir::proxy {

class RangeSender : private upstream::FetchListener {
 public:
  // Called from within; the sender is to be destroyed later.  The first two come once and in this order; one of the
  // last two ends it.
  struct Events {
    std::function<void()> on_prepared;    // outcome() is known
    std::function<void()> on_first_byte;  // it is sent next: the head must go out before
    std::function<void()> on_sent;        // all of the range
    std::function<void(const upstream::FetchFailure&)> on_failed;
  };

  // `file` must outlive the sender.
  RangeSender(WorkerContext& context, Responder& responder, const FileRequest& file, ByteRange range, Asked asked,
              Events events);

  // Has the bytes brought; once.  `held`: the file, if the store has it.
  void prepare(const cas::Blob* held);
  // Sends from now on: at once or as the bytes come.  Once it is prepared.
  void send();
  // The client took what was sent.
  void pump();

  ByteRange range() const { return range_; }
  Outcome outcome() const { return outcome_; }

 private:
  // FetchListener
  void on_joined(std::shared_ptr<const upstream::FetchProgress> progress, bool started) override;
  void on_progress() override { proceed(); }

  void join();
  bool decide_on_look();
  void prepared(Outcome outcome);
  void proceed();
  void proceed_with_fetch();
  bool outlives(const upstream::FetchFailure& failure);
  void begin(std::shared_ptr<const cas::BlobFile> file);
  void pass_by_store();
  void first_byte();
  void fail(const upstream::FetchFailure& failure);

  enum class Stage { preparing, prepared, sending, ended };

  WorkerContext& context_;
  Responder& responder_;
  const FileRequest& file_;
  const ByteRange range_;
  const Asked asked_;
  HoldBack hold_back_;
  bool may_be_a_look_;
  const Events events_;

  Stage stage_ = Stage::preparing;
  bool started_ = false;  // it made bytes come from the origin
  bool started_over_ = false;
  bool begun_ = false;  // its first byte was announced
  Outcome outcome_ = Outcome::pass;
  uint64_t fresh_from_;  // bytes from here on came from the origin for this request
  std::shared_ptr<const cas::BlobFile> held_;
  std::shared_ptr<const upstream::FetchProgress> progress_;
  std::unique_ptr<upstream::FetchMembership> membership_;
  std::unique_ptr<BlobSender> sender_;
  std::unique_ptr<OriginSender> passer_;  // once the store cannot serve
};

}  // namespace weir::proxy
