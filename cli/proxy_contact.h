// SPDX-License-Identifier: Apache-2.0
// How a Weir near by is spoken to: where it listens, and under which name and certificate when its port speaks TLS.
#pragma once

#include <filesystem>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "base/secret.h"
#include "config/config.h"

namespace weir::cli {

struct ProxyContact {
  // In clear.  Implicit: most that is said about a Weir near by needs no more than where it is.
  ProxyContact(const Endpoint& its_endpoint) : endpoint(its_endpoint) {}  // NOLINT(google-explicit-constructor)

  Endpoint endpoint;
  std::string name;               // what its certificate is for; "": in clear
  std::filesystem::path trusted;  // PEM: what signed its certificate, or the certificate itself
  bool asks_for_password = false;

  bool tls() const { return !name.empty(); }
};

// A Weir with this configuration that answers at `endpoint`.
ProxyContact contact_of(const config::Config& config, const Endpoint& endpoint);

// What clients authenticate with, from WEIR_PROXY_USER and WEIR_PROXY_PASSWORD; "NAME:PASSWORD@", percent-encoded.
// Empty when the proxy asks for none.  Errors: invalid when it asks and the variables are not set.
Result<std::string> user_info(const ProxyContact& contact, const config::Environment& environment);

// The same as the value of Proxy-Authorization (RFC 7617).
Result<Secret> proxy_authorization(const ProxyContact& contact, const config::Environment& environment);

// "http://127.0.0.1:9347", "https://weir.example.com:9347".  `user_info` goes before the host.
std::string url_of(const ProxyContact& contact, const std::string& user_info = "");

}  // namespace weir::cli
