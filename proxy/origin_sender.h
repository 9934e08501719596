// SPDX-License-Identifier: Apache-2.0
// Sends a range of a file straight from the origin, past a store that cannot take it, as fast as the client reads. What
// a client would take for the whole file is hashed on its way and keeps its end back until the digest is right, as it
// is from the store (HoldBack); where it goes on behind bytes of a file of the store, those are hashed first.  A range
// whose beginning nobody holds gives the origin's own bytes, as without Weir.  Lives on the connection's loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "cas/blob.h"
#include "proxy/exchange.h"
#include "proxy/hold_back.h"
#include "proxy/services.h"
#include "upstream/direct_fetch.h"

namespace weir::proxy {

class OriginSender : private upstream::DirectReader {
 public:
  // Called from within; the sender is to be destroyed later.  One of the last two ends it.
  struct Events {
    std::function<void()> on_first_byte;  // it is sent next: the head must go out before
    std::function<void()> on_sent;        // all of the range
    std::function<void(upstream::FetchFailure)> on_failed;
  };

  // `request` says what is left of an answer of which `hold_back` knows all.  `before` is a file that holds what comes
  // before that; null: there is none.
  OriginSender(WorkerContext& context, Responder& responder, upstream::JoinRequest request, HoldBack hold_back,
               std::shared_ptr<const cas::BlobFile> before, Events events);

  void start();
  // Sends what can be sent now; call it again at on_writable().
  void pump();

 private:
  // DirectReader
  bool has_room() const override;
  void on_bytes(std::string_view bytes) override;
  void on_filled() override;
  void on_failed(upstream::FetchFailure failure) override;

  bool hashes_before() const { return verifies_ && hashed_ < range_.begin; }
  void hash_before();
  void hash_window();
  void conclude();
  void fail(std::string message);
  uint64_t limit() const;
  void send();
  void send_some(std::string_view bytes);
  void trim_window();
  void update_drip();

  WorkerContext& context_;
  Responder& responder_;
  const Sha256 digest_;
  const ByteRange range_;
  HoldBack hold_back_;
  const std::shared_ptr<const cas::BlobFile> before_;
  const Events events_;
  const bool verifies_;

  upstream::DirectFetch fetch_;
  std::string window_;  // of the file, up to received_: what is not sent or not hashed yet
  uint64_t received_;   // offsets in the file
  uint64_t position_;   // of the next byte to send
  uint64_t hashed_ = 0;
  std::shared_ptr<Sha256Hasher> hasher_;  // the pool's while it hashes what comes before
  DiskTask hash_task_;
  uint64_t dripped_ = 0;  // while that is hashed
  bool begun_ = false;
  bool filled_ = false;
  bool verified_ = false;
  bool ended_ = false;
  Timer drip_;
};

}  // namespace weir::proxy
