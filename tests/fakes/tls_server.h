// SPDX-License-Identifier: Apache-2.0
// A TLS server for tests that says exactly what a test wants, right or wrong: each connection is served by a handler on
// a thread of its own, with blocking calls.  And the certificates for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_st;
struct x509_st;

namespace weir::fakes {

// A certificate and its key.
struct TestCertificate {
  std::shared_ptr<x509_st> certificate;
  std::shared_ptr<evp_pkey_st> key;
  std::shared_ptr<x509_st> above = nullptr;  // sent along

  std::string pem() const;
};

// What a leaf says.  Days count from now.
struct LeafOptions {
  std::string name = "hub.test";
  long valid_from_days = -1;
  long valid_to_days = 30;
  enum class Named { in_san, in_common_name_only } named = Named::in_san;
  enum class Key { p256, rsa_1024 } key = Key::p256;
  enum class Hash { sha256, sha1 } hash = Hash::sha256;
  std::string usage = "serverAuth";
  std::string constraints = "";       // basicConstraints, as in "critical,CA:TRUE"; empty: none
  std::string name_constraints = "";  // as in "critical,permitted;DNS:hub.test"; empty: none
};

// A CA of its own.
class TestCa {
 public:
  explicit TestCa(const std::string& name = "Test CA");

  std::string pem() const { return ca_.pem(); }
  TestCertificate issue(const LeafOptions& options = {}) const;
  // A leaf signed by `issuer`, a certificate that issue() made and that goes along in the chain.
  static TestCertificate issue_below(const TestCertificate& issuer, const LeafOptions& options = {});

 private:
  TestCertificate ca_;
};

TestCertificate self_signed(const LeafOptions& options = {});

// One client's connection, after the handshake.  All calls block.
class TlsConnection {
 public:
  TlsConnection(ssl_st* tls, int socket) : tls_(tls), socket_(socket) {}

  // Bytes up to the first empty line, with it; less when the client goes.
  std::string read_head();
  // So many bytes; less when the client goes.
  std::string read(size_t size);
  // False when the client has gone.
  bool write(std::string_view bytes);
  // Until the client closes; what it sends is read and dropped.
  void wait_for_end();
  // The same without reading.
  void wait_for_end_unread();

  // Carries bytes between the client and that socket until both have ended.
  void carry(int socket);

  // Ends of a connection other than the proper one, which comes when the handler returns.
  void close_without_notify();
  void reset();

 private:
  friend class TlsServer;
  ssl_st* tls_;
  int socket_;
  bool improper_ = false;
};

class TlsServer {
 public:
  using Handler = std::function<void(TlsConnection&)>;

  // Listens on 127.0.0.1, on a free port.
  TlsServer(const TestCertificate& certificate, Handler handler);
  // Breaks the connections that are still open.
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  uint16_t port() const { return port_; }
  // Those that finished their handshake.
  size_t connections() const { return connections_; }

 private:
  void accept_all();
  void serve(int socket);

  Handler handler_;
  std::shared_ptr<ssl_ctx_st> context_;
  int listener_;
  uint16_t port_ = 0;
  std::atomic<size_t> connections_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;          // open ones; guarded by mutex_
  std::vector<std::thread> threads_;  // of connections; touched by acceptor_ until it has ended
  std::thread acceptor_;
};

}  // namespace weir::fakes
