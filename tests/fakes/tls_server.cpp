// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

namespace weir::fakes {
namespace {

constexpr long kDay = 24L * 60 * 60;

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

std::shared_ptr<evp_pkey_st> new_key(LeafOptions::Key kind = LeafOptions::Key::p256) {
  constexpr size_t kWeakBits = 1024;
  bool weak = kind == LeafOptions::Key::rsa_1024;
  return {weak ? EVP_RSA_gen(kWeakBits) : EVP_EC_gen("P-256"), EVP_PKEY_free};
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr, "X509V3_EXT_conf_nid");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::shared_ptr<x509_st> new_certificate(const std::string& name, evp_pkey_st* key, long from_days, long to_days) {
  static std::atomic<long> serial{1};
  std::shared_ptr<x509_st> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_days * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to_days * kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  return certificate;
}

TestCertificate new_leaf(const LeafOptions& options, const TestCertificate* issuer) {
  TestCertificate leaf;
  leaf.key = new_key(options.key);
  leaf.certificate = new_certificate(options.name, leaf.key.get(), options.valid_from_days, options.valid_to_days);
  if (!issuer) issuer = &leaf;
  X509_set_issuer_name(leaf.certificate.get(), X509_get_subject_name(issuer->certificate.get()));
  auto extend = [&](int nid, const std::string& value) {
    add_extension(leaf.certificate.get(), issuer->certificate.get(), nid, value);
  };
  if (options.named == LeafOptions::Named::in_san) extend(NID_subject_alt_name, "DNS:" + options.name);
  extend(NID_ext_key_usage, options.usage);
  if (!options.constraints.empty()) extend(NID_basic_constraints, options.constraints);
  if (!options.name_constraints.empty()) extend(NID_name_constraints, options.name_constraints);
  const auto* hash = options.hash == LeafOptions::Hash::sha1 ? EVP_sha1() : EVP_sha256();
  require(X509_sign(leaf.certificate.get(), issuer->key.get(), hash) > 0, "X509_sign");
  return leaf;
}

}  // namespace

std::string TestCertificate::pem() const {
  std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(bio.get(), certificate.get());
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

TestCa::TestCa(const std::string& name) {
  ca_.key = new_key();
  ca_.certificate = new_certificate(name, ca_.key.get(), -1, 30);
  X509* certificate = ca_.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign");
  require(X509_sign(certificate, ca_.key.get(), EVP_sha256()) > 0, "X509_sign");
}

TestCertificate TestCa::issue(const LeafOptions& options) const {
  return new_leaf(options, &ca_);
}

TestCertificate TestCa::issue_below(const TestCertificate& issuer, const LeafOptions& options) {
  auto leaf = new_leaf(options, &issuer);
  leaf.above = issuer.certificate;
  return leaf;
}

TestCertificate self_signed(const LeafOptions& options) {
  return new_leaf(options, nullptr);
}

std::string TlsConnection::read_head() {
  std::string head;
  char byte;
  while (!head.ends_with("\r\n\r\n") && SSL_read(tls_, &byte, 1) == 1) head += byte;
  return head;
}

std::string TlsConnection::read(size_t size) {
  std::string bytes(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    size_t count = 0;
    if (SSL_read_ex(tls_, bytes.data() + filled, size - filled, &count) != 1) break;
    filled += count;
  }
  bytes.resize(filled);
  return bytes;
}

bool TlsConnection::write(std::string_view bytes) {
  size_t written = 0;
  return bytes.empty() || SSL_write_ex(tls_, bytes.data(), bytes.size(), &written) == 1;
}

void TlsConnection::wait_for_end() {
  char bytes[4096];
  while (SSL_read(tls_, bytes, sizeof bytes) > 0) {
  }
}

void TlsConnection::wait_for_end_unread() {
  pollfd ended{socket_, POLLRDHUP, 0};
  ::poll(&ended, 1, -1);
}

void TlsConnection::carry(int socket) {
  std::array<char, 16384> bytes;
  std::array<pollfd, 2> both{pollfd{socket_, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
  while (both[0].fd >= 0 || both[1].fd >= 0) {
    bool decrypted = both[0].fd >= 0 && SSL_pending(tls_) > 0;
    if (::poll(both.data(), both.size(), decrypted ? 0 : -1) < 0) return;
    if (decrypted || (both[0].fd >= 0 && both[0].revents)) {
      size_t got = 0;
      if (SSL_read_ex(tls_, bytes.data(), bytes.size(), &got) != 1 ||
          ::send(socket, bytes.data(), got, MSG_NOSIGNAL) != static_cast<ssize_t>(got)) {
        ::shutdown(socket, SHUT_WR);
        both[0].fd = -1;
      }
    }
    if (both[1].fd >= 0 && both[1].revents) {
      auto got = ::recv(socket, bytes.data(), bytes.size(), 0);
      if (got <= 0 || !write({bytes.data(), static_cast<size_t>(got)})) {
        SSL_shutdown(tls_);
        both[1].fd = -1;
      }
    }
  }
}

void TlsConnection::close_without_notify() {
  improper_ = true;
}

void TlsConnection::reset() {
  improper_ = true;
  linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

TlsServer::TlsServer(const TestCertificate& certificate, Handler handler)
    : handler_(std::move(handler)),
      context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  std::signal(SIGPIPE, SIG_IGN);                  // OpenSSL writes to sockets whose client may have gone
  SSL_CTX_set_security_level(context_.get(), 0);  // it is for the client to refuse what is weak
  require(SSL_CTX_use_certificate(context_.get(), certificate.certificate.get()) == 1, "SSL_CTX_use_certificate");
  require(SSL_CTX_use_PrivateKey(context_.get(), certificate.key.get()) == 1, "SSL_CTX_use_PrivateKey");
  require(!certificate.above || SSL_CTX_add1_chain_cert(context_.get(), certificate.above.get()) == 1, "chain");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener_, generic, size) == 0 && ::listen(listener_, 128) == 0, "listen");
  require(::getsockname(listener_, generic, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

TlsServer::~TlsServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    std::lock_guard lock(mutex_);
    for (int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
}

void TlsServer::accept_all() {
  for (;;) {
    int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    int now = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    {
      std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
    }
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void TlsServer::serve(int socket) {
  std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(tls.get(), socket);
  if (SSL_accept(tls.get()) == 1) {
    ++connections_;
    TlsConnection connection(tls.get(), socket);
    handler_(connection);
    if (!connection.improper_) SSL_shutdown(tls.get());
  }
  std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
}

}  // namespace weir::fakes
