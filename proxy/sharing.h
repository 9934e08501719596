// SPDX-License-Identifier: Apache-2.0
// Whether the peers of this Weir may get a blob, and learn that it is held: only what the hub gives to everybody.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include "base/digest.h"
#include "base/disk_pool.h"
#include "base/loop.h"
#include "hub/catalog.h"
#include "hub/hub_memory.h"

namespace weir::proxy {

class Sharing {
 public:
  // A question that waits for its answer.  Destroying it takes it back.
  class Question {
   public:
    virtual ~Question() = default;
  };
  virtual ~Sharing() = default;

  // Calls `answer` once, on `loop`, never from within.  From any loop's thread.
  virtual std::unique_ptr<Question> ask(const Sha256& digest, Loop& loop, std::function<void(bool)> answer) = 0;
};

// By what is remembered of the hub's answers: yes when the hub gave a file of a repository that has the blob to a
// client without credentials, a short while ago (access.anonymous_ttl).  What nothing is known of is not shared.
class RememberedSharing : public Sharing {
 public:
  // `catalog_file`: the catalog's own.  All must outlive it.
  RememberedSharing(DiskPool& disk, hub::Catalog& catalog, std::filesystem::path catalog_file, hub::HubMemory& memory)
      : disk_(disk), catalog_(catalog), catalog_file_(std::move(catalog_file)), memory_(memory) {}

  std::unique_ptr<Question> ask(const Sha256& digest, Loop& loop, std::function<void(bool)> answer) override;

 private:
  bool is_public(const Sha256& digest);

  DiskPool& disk_;
  hub::Catalog& catalog_;
  const std::filesystem::path catalog_file_;
  hub::HubMemory& memory_;
};

}  // namespace weir::proxy
