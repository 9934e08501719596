// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/clock.h"

namespace weir::proxy {

struct ListenOptions {
  Endpoint listen = *Endpoint::parse("127.0.0.1:9347");
  std::vector<Cidr> allow;        // clients beyond loopback; without it only a loopback address is bound
  std::vector<Cidr> admin_allow;  // who beyond loopback may read /-/...
  size_t workers = 0;             // threads that serve clients; 0: one a core

  std::filesystem::path users;  // a UserFile: clients give a name and a password; empty: they need not
  bool tls = false;             // the port speaks TLS
  // What clients call this proxy, for its certificate; the first is what they are told.
  std::vector<std::string> names = {"localhost"};
  std::filesystem::path cert;  // a certificate (chain) and its key, PEM; empty: Weir's CA signs for the names
  std::filesystem::path key;
};

// Weir as the hub itself, over TLS (HF_ENDPOINT=https://NAME:PORT).
struct EndpointOptions {
  // What clients call it; the first is what they are told.  Empty: the port has the TLS of ListenOptions, or none.
  std::vector<std::string> names;
  std::filesystem::path cert;  // a certificate (chain) and its key, PEM; empty: Weir's CA signs for the names
  std::filesystem::path key;
};

// Which hosts are intercepted: these names and everything under them, but for the exceptions and what is under those.
struct InterceptOptions {
  std::vector<std::string> hosts = {"huggingface.co", "hf.co", "huggingface.com"};
  std::vector<std::string> except = {"router.huggingface.co", "api-inference.huggingface.co"};
};

enum class TunnelPolicy { allow, deny };

struct TunnelOptions {
  TunnelPolicy policy = TunnelPolicy::allow;
  std::vector<uint16_t> ports = {443};
};

// What other Weirs get that this one is paired with.
struct PeerOptions {
  bool share_private = false;  // also blobs that the hub does not give to everybody
};

enum class XetMode { strip, pass };

struct LimitOptions {
  size_t connections = 10'000;            // clients' connections; more are closed at once
  size_t tunnels = 1'000;                 // more are refused with 503
  size_t password_checks = 16;            // different passwords that wait to be checked; more are refused with 503
  size_t head_bytes = 64 << 10;           // a request's head
  size_t header_count = 128;              // fields in a request's head
  Duration head_timeout{15'000};          // from its first byte to the end of a request's head, and for a TLS handshake
  Duration idle_timeout{60'000};          // a kept-alive connection without a request
  Duration write_timeout{300'000};        // a client that takes no byte for so long is let go
  Duration tunnel_idle_timeout{600'000};  // a tunnel without a byte in either direction
  Duration shutdown_timeout{9'000};       // for running transfers, when Weir is told to end (`docker stop` waits 10 s)
};

struct Options {
  ListenOptions listen;
  EndpointOptions endpoint;
  InterceptOptions intercept;
  TunnelOptions tunnel;
  PeerOptions peer;
  XetMode xet = XetMode::strip;
  LimitOptions limits;
  bool access_log = true;
};

}  // namespace weir::proxy
