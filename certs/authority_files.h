// SPDX-License-Identifier: Apache-2.0
// The CA's files in their folder: ca.key (0600, its owner's alone), ca.pem (0644, for everybody), and ca.lock, which
// makers hold. ca.pem is written last: where it is, the CA is whole.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "certs/openssl_support.h"

namespace weir::certs {

struct KeyPair {
  Certificate certificate;
  PrivateKey key;
};

class AuthorityFiles {
 public:
  explicit AuthorityFiles(const std::filesystem::path& folder);

  const std::filesystem::path& certificate() const { return certificate_; }
  const std::filesystem::path& key() const { return key_; }

  // Nothing when there is no ca.pem.  Errors: io; refused when anybody but the key's owner may read or write it;
  // invalid when a file is damaged, the key is missing, or it is not the certificate's.
  Result<std::optional<KeyPair>> read() const;

  // Makes the folder and waits for the lock, which is held until the descriptor is closed.
  Result<UniqueFd> lock() const;
  // Whoever calls it holds the lock and found no ca.pem: a key without one is what an interrupted maker left, and is
  // replaced.
  Result<void> write(const KeyPair& pair) const;

  // What to do when this CA will not do, as the end of an error message.
  std::string how_to_replace() const;

 private:
  Result<Certificate> read_certificate(std::string_view pem) const;
  Result<PrivateKey> read_key() const;

  std::filesystem::path folder_;
  std::filesystem::path certificate_;
  std::filesystem::path key_;
  std::filesystem::path lock_;
};

}  // namespace weir::certs
