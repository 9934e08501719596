// SPDX-License-Identifier: Apache-2.0
// The certificates that are trusted towards the origin, as a file in memory that libcurl reads by its path.
//
// A file and not CURLOPT_CAINFO_BLOB, because libcurl keeps the parsed certificates of a file for all connections of a
// multi handle (CURLOPT_CA_CACHE_TIMEOUT) and parses a blob for each: 145 roots cost 20 ms of CPU a connection.  In
// memory, because what is trusted must not change under a running process with a file on the disk.
#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "upstream/curl_handle.h"

namespace weir::upstream {

class TrustedRoots {
 public:
  // `pem`: certificates one after the other.  Throws std::system_error when the system gives no file.
  explicit TrustedRoots(std::string_view pem);

  // Makes the handle verify its peer against these roots and no others.
  void apply(EasyHandle& easy) const;
  // The same for a proxy that is spoken to over TLS.
  void apply_to_proxy(EasyHandle& easy) const;

 private:
  UniqueFd file_;
  std::string path_;
};

}  // namespace weir::upstream
