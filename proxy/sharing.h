// SPDX-License-Identifier: Apache-2.0
// Whether the peers of this Weir may get a blob, and learn that it is held: only what the hub gives to everybody.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/disk_pool.h"
#include "base/loop.h"
#include "hub/catalog.h"
#include "hub/hub_memory.h"
#include "upstream/fetch_table.h"

namespace weir::proxy {

class Sharing {
 public:
  // A question that waits for its answer.  Destroying it takes it back.
  class Question {
   public:
    virtual ~Question() = default;
  };
  using Answer = std::function<void(bool)>;

  virtual ~Sharing() = default;

  // Calls `answer` once, on `loop`, never from within.  From any loop's thread.
  virtual std::unique_ptr<Question> ask(const Sha256& digest, Loop& loop, Answer answer) = 0;
};

// Yes when the hub gave a file of a repository that has the blob to a client without credentials, a short while ago
// (access.anonymous_ttl), or gives it to Weir without any (upstream/public_probe.h).  What is no file of the hub as far
// as is known, and what the hub cannot be asked about, is not shared.
class HubSharing : public Sharing {
 public:
  struct Parts {
    DiskPool& disk;
    hub::Catalog& catalog;
    std::filesystem::path catalog_file;  // the catalog's own
    hub::HubMemory& memory;
    upstream::FetchTable& fetches;
    std::string hub;  // its host
  };
  // All parts must outlive it.
  explicit HubSharing(Parts parts) : parts_(std::move(parts)) {}

  std::unique_ptr<Question> ask(const Sha256& digest, Loop& loop, Answer answer) override;

 private:
  class Inquiry;
  struct Findings {
    bool is_public = false;         // as is remembered
    std::vector<std::string> urls;  // else: of files to ask for
  };

  Findings look(const Sha256& digest);

  const Parts parts_;
};

}  // namespace weir::proxy
