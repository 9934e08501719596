// SPDX-License-Identifier: Apache-2.0
// The files of Weir's own CA in their folder: ca.key (0600, its owner's alone), ca.pem (0644, for everybody), and
// ca.lock, which makers hold.  ca.pem gets its name last: where it is, the CA is whole.  Until then it is ca.pem.new,
// which so tells what an interrupted maker left from a CA that lost its ca.pem.  old/ has those that came before,
// each under its mark: their keys are never overwritten, and their certificates are what clients may still trust.  With
// a company's CA, company.pem is what clients are to trust.  Blocking.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "certs/signing_chain.h"

namespace weir::certs {

// A short name for a certificate, for files and lists of trust: "weir-" and 16 hex digits of its fingerprint.
std::string mark_of(const Sha256& fingerprint);

class AuthorityFiles {
 public:
  explicit AuthorityFiles(const std::filesystem::path& folder);

  const std::filesystem::path& certificate() const { return certificate_; }
  const std::filesystem::path& key() const { return key_; }

  // Nothing when there is no ca.pem.  Errors: io; refused when anybody but the key's owner may read or write it;
  // invalid when a file is damaged, the key is missing, or it is not the certificate's.
  Result<std::optional<KeyPair>> read() const;

  // Makes the folder, if need be.
  Result<void> make() const;
  // Makes the folder and waits for the lock, which is held until the descriptor is closed.
  Result<UniqueFd> lock() const;
  // Invalid when there is a key without ca.pem that no interrupted maker left: a CA that clients may trust was made
  // with it.  Whoever calls it holds the lock.
  Result<void> check_none_lost() const;
  // Whoever calls it holds the lock and found no ca.pem.  A key is replaced.
  Result<void> write(const KeyPair& pair) const;
  // Moves the CA to old/, damaged or not, or a key whose ca.pem is missing.  Whoever calls it holds the lock.
  Result<void> set_aside() const;

  // Writes the certificate of a company's CA, which clients are to trust, to company.pem, the one that was there to
  // old/, and returns its path.
  Result<std::filesystem::path> keep_company(const std::string& pem) const;

  // The CAs that Weir made here (DER): ca.pem and those in old/.  Damaged ones are passed over.
  Result<std::vector<std::string>> made() const;
  // All certificates that clients were ever given from here: those, company.pem, and the company's in old/.
  Result<std::vector<std::string>> given() const;

  // What to do when this CA will not do, as the end of an error message.
  std::string how_to_replace() const;

 private:
  Result<Certificate> read_certificate(std::string_view pem) const;
  bool has_lost_certificate() const;
  Result<void> set_aside_key() const;
  std::filesystem::path old(const std::string& name) const { return old_ / name; }

  std::filesystem::path folder_;
  std::filesystem::path certificate_;
  std::filesystem::path new_certificate_;
  std::filesystem::path key_;
  std::filesystem::path lock_;
  std::filesystem::path company_;
  std::filesystem::path old_;
};

}  // namespace weir::certs
