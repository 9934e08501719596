// SPDX-License-Identifier: Apache-2.0
// A TLS client for tests, on a socket that does not block, and a CA that the server side uses.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "certs/certificate_authority.h"
#include "certs/leaf_cache.h"
#include "proxy/stream.h"
#include "proxy/tls_contexts.h"
#include "tests/unit/base/temporary_folder.h"

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace weir::proxy {

struct TlsClientOptions {
  std::string server_name = "huggingface.co";  // empty: none is sent
  std::vector<std::string> protocols = {"http/1.1"};
  int version = 0;     // the only one that is offered; 0: 1.2 and 1.3
  int fragment = 0;    // TLSEXT_max_fragment_length_..., of its records; 0: any
  std::string suites;  // of TLS 1.2; empty: OpenSSL's
  std::shared_ptr<ssl_session_st> session;
  std::string trusted;  // PEM; empty: nothing is verified
};

class TlsClient {
 public:
  TlsClient(UniqueFd fd, const TlsClientOptions& options);

  // One step; true once the session stands.
  bool shake_hands();
  bool failed() const { return failed_; }
  // OpenSSL's words for what went wrong; an alert of the server among them.
  const std::string& failure() const { return failure_; }

  // Sends all of it or fails the test's expectation by returning false: so much must fit into the socket.
  bool send(std::string_view bytes);
  // What is there now.
  std::string read();
  // The server sent close_notify.
  bool ended() const { return ended_; }
  // Sends close_notify.
  void end();

  std::string protocol() const;
  std::string suite() const;
  int version() const;
  bool resumed() const;
  // To resume with; after the first bytes were read, for TLS 1.3 sends it then.
  std::shared_ptr<ssl_session_st> session() const;
  // The server's certificate, DER.
  std::string certificate() const;
  ssl_st* tls() { return tls_.get(); }

 private:
  void note_failure();

  UniqueFd fd_;
  std::shared_ptr<ssl_ctx_st> context_;
  std::shared_ptr<ssl_st> tls_;
  bool failed_ = false;
  bool ended_ = false;
  std::string failure_;
};

// The server's side: a CA, its leaves, their contexts.
struct TlsFixture {
  TlsFixture();

  TemporaryFolder folder;
  std::unique_ptr<certs::CertificateAuthority> authority;
  certs::LeafCache leaves;
  TlsContexts contexts;
};

}  // namespace weir::proxy
