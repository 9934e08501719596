// SPDX-License-Identifier: Apache-2.0
// The Weirs that this one is paired with: the file peers.json.  The file is the truth, for all processes: whoever asks
// sees what stands in it now, which costs a stat(2) when it did not change.  Thread-safe.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "http/target.h"

namespace weir::peer {

inline constexpr size_t kMostPeers = 1000;

struct Peer {
  std::string name;         // that it gave itself: plain_name()
  http::Authority address;  // where it listens, as far as is known
  Sha256 spki;
  WallTime since;  // to the second

  bool operator==(const Peer&) const = default;
};

// A machine's name as it may stand in a header, a file and a terminal: letters, digits and . _ -, 64 at most; "weir"
// when nothing is left.
std::string plain_name(std::string_view text);

class PeerList {
 public:
  explicit PeerList(const std::filesystem::path& folder) : folder_(folder), path_(folder / "peers.json") {}

  // Errors: io; invalid when the file is damaged.
  Result<std::vector<Peer>> all();
  // A list that cannot be read knows nobody (a line in the log says so).
  std::vector<Peer> known();
  std::optional<Peer> find(const Sha256& spki);

  // Blocking: both write the file in one step.  A peer with the same key is replaced.  Errors: those of all();
  // over_limit.
  Result<void> add(const Peer& peer);
  // All that have this name, host, host:port or key (SPKI hash in hex).  Returns who went.
  Result<std::vector<Peer>> remove(std::string_view which);

 private:
  Result<void> refresh();
  const std::vector<Peer>& refreshed();
  Result<void> write(const std::vector<Peer>& peers);

  const std::filesystem::path folder_;
  const std::filesystem::path path_;
  std::mutex mutex_;
  std::vector<Peer> peers_;               // guarded by mutex_
  std::optional<struct stat> read_;       // of the file that peers_ are from; guarded by mutex_
  std::optional<std::string> complaint_;  // the last in the log; guarded by mutex_
};

}  // namespace weir::peer
