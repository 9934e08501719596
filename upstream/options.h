// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "base/secret.h"
#include "upstream/parent_proxy.h"

namespace weir::upstream {

// The proxy towards the origin, as it is configured.
struct ProxySetting {
  enum class Source {
    environment,  // HTTPS_PROXY and the like, unless they name Weir itself
    none,
    url,
  };
  Source source = Source::environment;
  Secret url;  // for Source::url; holds its user and password
};

// How the origin is reached.
struct OriginOptions {
  std::filesystem::path
      ca_file;  // certificates (PEM) that are trusted towards the origin beside the system's; empty: none
  std::vector<std::string> connect_to;  // HOST:PORT:ADDR:PORT as in curl; empty HOST and PORT match all
  ProxySetting proxy;                   // what `parent` is made of when Weir starts; not looked at afterwards
  ParentRoute parent;                   // what goes through another proxy: requests to the origin, and tunnels
  Duration connect_timeout{9'000};      // TCP and TLS, all addresses together
  Duration first_byte_timeout{60'000};  // from the request, once sent, to the end of the answer's head; 0: none
  Duration stall_timeout{60'000};       // a body below 1 KiB/s, an upload that stands still
  size_t idle_connections = 64;         // kept for reuse, for each worker
};

// How missing files are fetched.
struct FetchOptions {
  bool finish_after_disconnect = true;  // a fetch goes on when its last client has left
  size_t connections = 8;               // to the origin for one file, where clients read it in several places at once
  size_t max_retries = 5;               // attempts in a row without a byte before a fetch fails
  Duration retry_delay{500};            // before the first retry; doubled for each further one
  size_t max_fetches = 256;             // files that are fetched at the same time; more wait
};

// Which addresses may be connected to.
struct ReachOptions {
  std::vector<Cidr> allow_private;  // blocks that are allowed although they are no public addresses
};

}  // namespace weir::upstream
