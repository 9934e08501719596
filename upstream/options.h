// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
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
  Duration address_timeout{4'000};      // TCP, for each address
  // Name, TCP and TLS, all addresses together.  Of several, libcurl gives each half of the time that is left, the last
  // one all.
  Duration connect_timeout{8'000};
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
  uint64_t piece_size = 8 << 20;        // bytes that one source is asked for at a time, where there are several
  size_t max_connections = 64;          // for one file, to all its sources together
  uint64_t min_speed = 3'000'000;       // bytes a second below which a source does not keep a further connection
  Duration stall_timeout{10'000};       // without a byte, where another source can take the piece over
  uint64_t max_rate = 0;                // bytes a second, of all fetches; 0: no limit
};

enum class SourceKind {
  origin,  // the hub and its CDN
  mirror,  // another endpoint of the hub, asked by /resolve
  storj,   // a web server that holds blobs: Storj's linksharing, or any other
  peer,    // another Weir
};

constexpr std::string_view name_of(SourceKind kind) {
  switch (kind) {
    case SourceKind::origin:
      break;
    case SourceKind::mirror:
      return "mirror";
    case SourceKind::storj:
      return "storj";
    case SourceKind::peer:
      return "peer";
  }
  return "origin";
}

// What a template may be made of, beside what may stand in a URL.
inline constexpr std::string_view kTemplateParts[] = {"{prefix}", "{sha256}", "{sha256:0:2}", "{sha256:2:2}",
                                                      "{cdn_path}"};

// A place that bytes come from, as it is configured.
struct SourceOptions {
  std::string name;  // unique; letters, digits and -_.: alone
  SourceKind kind = SourceKind::origin;
  Secret url;  // absolute, without a query and a slash at its end; it may hold an access grant.  Empty: the origin
  std::string place;  // its host, and its port where that is not the scheme's: what may be shown of it
  std::string url_template = "{prefix}/{sha256}";  // for storj: where a blob is
  size_t parallelism = 8;                          // connections at most for one file
  bool enabled = true;
  bool trusted = false;        // clients may read its bytes before the digest is known; true for the origin
  bool send_token = false;     // a mirror gets the client's credentials
  bool share_private = false;  // it may learn digests of files that not everybody can read
  uint64_t rate = 0;           // bytes a second; 0: no limit

  bool operator==(const SourceOptions&) const = default;
};

// The origin, which is always there.
inline SourceOptions origin_source() {
  SourceOptions source;
  source.name = "origin";
  source.trusted = true;
  return source;
}

// Which addresses may be connected to.
struct ReachOptions {
  std::vector<Cidr> allow_private;  // blocks that are allowed although they are no public addresses
};

}  // namespace weir::upstream
