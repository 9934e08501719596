// SPDX-License-Identifier: Apache-2.0
// What the tests of the parent proxy share: proxies with and without TLS of their own.
#pragma once

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "tests/fakes/connect_proxy.h"
#include "tests/fakes/tls_server.h"
#include "upstream/options.h"

namespace weir::upstream {

using Scheme = ParentProxy::Scheme;

// A proxy whose tunnels all lead to one port.
class Parent {
 public:
  // `certificate`: of an https:// proxy.
  explicit Parent(uint16_t target, std::optional<fakes::TestCertificate> certificate = {}) : proxy_(target) {
    if (!certificate) return;
    tls_ = std::make_unique<fakes::TlsServer>(*certificate, [this](fakes::TlsConnection& client) {
      int socket = fakes::connect_to_loopback(proxy_.port());
      client.carry(socket);
      ::close(socket);
    });
  }

  fakes::ConnectProxy& proxy() { return proxy_; }
  std::string heads_text() {
    std::string text;
    for (const auto& head : proxy_.heads()) text += head;
    return text;
  }

  // The route of options.  `userinfo`: "ann:s3cret@" or "".
  ParentRoute route(const std::string& userinfo = "") const {
    ParentRoute route;
    auto port = std::to_string(tls_ ? tls_->port() : proxy_.port());
    route.proxy = ParentProxy::parse((tls_ ? "https://" : "http://") + userinfo + "localhost:" + port).value();
    route.pseudonym = "weir-test";
    return route;
  }

 private:
  fakes::ConnectProxy proxy_;
  std::unique_ptr<fakes::TlsServer> tls_;
};

}  // namespace weir::upstream
