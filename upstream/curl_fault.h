// SPDX-License-Identifier: Apache-2.0
// Turns libcurl's verdict on a transfer into an OriginFault with a sentence for a person.  Pure.
#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>

#include "base/address.h"
#include "upstream/origin_client.h"
#include "upstream/parent_proxy.h"

namespace weir::upstream {

// How far a transfer had come.
enum class Phase {
  connecting,  // up to the end of the TLS handshake
  waiting,     // the request is going out, or the answer has not begun
  head,        // in the answer's head
  body,        // the answer's head is there
};

struct CurlFailure {
  CURLcode code = CURLE_OK;
  std::string detail;      // libcurl's own sentence, may be empty; it holds no path, query or field
  long verify_result = 0;  // CURLINFO_SSL_VERIFYRESULT: an X509_V_ERR_ code
  std::string authority;   // host:port
  Phase phase = Phase::connecting;
  std::optional<IpAddress> refused;     // the policy refused this address, and there was no other
  const ParentProxy* parent = nullptr;  // the proxy that was to lead there
  long parent_status = 0;               // its answer to CONNECT; 0: none was got
  long os_error = 0;                    // CURLINFO_OS_ERRNO: of the last attempt to connect
  bool no_descriptors = false;          // no socket could be made for want of one
};

OriginFault to_fault(const CurlFailure& failure);

}  // namespace weir::upstream
