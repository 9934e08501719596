// SPDX-License-Identifier: Apache-2.0
// Stores a regular file while it is relayed to a client.  Bytes are handed to the disk pool as they come, and published
// when the whole has been verified; a disk that cannot follow costs the copy, never the client.  Dropping it before
// finish() leaves nothing behind.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "cas/new_blob.h"
#include "hub/catalog.h"
#include "hub/repo_file.h"
#include "proxy/question_queue.h"
#include "proxy/services.h"

namespace weir::proxy {

class SmallFileDeposit : public std::enable_shared_from_this<SmallFileDeposit> {
 public:
  // Bytes that wait for the disk; above this the copy is given up.
  static constexpr size_t kMaxQueued = 8 << 20;

  // `named.file.digest` is filled in when it is known.  The services must outlive the pool's work.
  // The turn, if any, ends when it is stored or given up: who waits for it waits for the disk as well.
  SmallFileDeposit(Services& services, hub::NamedRegularFile named, hub::RepoFile file,
                   std::unique_ptr<QuestionQueue::Turn> turn);

  // Called by the relaying exchange, on its loop.
  void add(std::string_view bytes);
  // The bytes are verified: publish them, and remember what they are.
  void finish();

 private:
  void work_later();
  void work();
  Result<void> write(std::string_view bytes);
  Result<void> publish();
  void end();
  void tell(const Error& error) const;

  Services& services_;
  hub::NamedRegularFile named_;
  hub::RepoFile file_;
  std::unique_ptr<cas::NewBlob> blob_;  // the pool's, one piece of work at a time

  std::mutex mutex_;
  std::string queued_;     // guarded by mutex_
  bool finished_ = false;  // guarded by mutex_
  bool working_ = false;   // guarded by mutex_
  bool ended_ = false;     // guarded by mutex_; stored or given up, from the start while the store takes nothing
  std::unique_ptr<QuestionQueue::Turn> turn_;  // guarded by mutex_
};

}  // namespace weir::proxy
