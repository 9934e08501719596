// SPDX-License-Identifier: Apache-2.0
// Who asks, without the secrets: a keyed hash of the credentials in a request.  The key is this installation's own, so
// the hash says nothing to anybody who has no key, and it stays the same over a restart.
#pragma once

#include <filesystem>
#include <optional>

#include "base/digest.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/fields.h"

namespace weir::hub {

struct Asker {
  std::optional<Sha256> credentials;  // nothing: anonymous

  bool anonymous() const { return !credentials.has_value(); }
  auto operator<=>(const Asker&) const = default;
};

// Immutable; safe from any thread.
class AskerHasher {
 public:
  explicit AskerHasher(Secret key) : key_(std::move(key)) {}
  // Blocking.  The key in this file; a new one, readable by its owner alone, when there is no such file.  What is no
  // key is set aside for one.  Errors: io, no_descriptors.
  static Result<AskerHasher> open(const std::filesystem::path& key_file);

  // By the Authorization and the Cookie of a client's request.
  Asker of(const http::Fields& request) const;

 private:
  Secret key_;
};

}  // namespace weir::hub
