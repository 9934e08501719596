// SPDX-License-Identifier: Apache-2.0
// The first flight of a TLS client, as the server side for one host takes it: no word of TLS but an alert goes to a
// client that names another host, http/1.1 is the only protocol that is ever chosen, and the same comes of it at every
// cut.  An input is what a client sends; one that begins with "names:" is a server name and a list of protocols, from
// which a real client makes its hello.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "certs/certificate_authority.h"
#include "certs/leaf_cache.h"
#include "proxy/tls_contexts.h"
#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;

constexpr char kHost[] = "huggingface.co";
constexpr std::string_view kMade = "names:";
constexpr char kHandshakeRecord = 0x16;

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using Ssl = std::unique_ptr<SSL, Free<SSL_free>>;

// The server's context, as the proxy has it; made once.
SSL_CTX* server_context();

struct Outcome {
  bool answers = false;  // with more than an alert
  std::string name;      // that the client asked for
  std::string protocol;  // that was chosen

  bool operator==(const Outcome&) const = default;
};

std::string drain(BIO* bio) {
  std::string bytes(BIO_ctrl_pending(bio), '\0');
  if (!bytes.empty()) BIO_read(bio, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Ssl make_end(SSL_CTX* context) {
  Ssl ssl(SSL_new(context));
  auto* in = BIO_new(BIO_s_mem());
  auto* out = BIO_new(BIO_s_mem());
  // An empty buffer means "later", not the end.
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(ssl.get(), in, out);
  return ssl;
}

Outcome take(const std::vector<std::string_view>& pieces) {
  auto server = make_end(server_context());
  SSL_set_accept_state(server.get());
  Outcome outcome;
  std::string answer;
  bool failed = false;
  for (auto piece : pieces) {
    if (piece.empty() || failed) continue;
    BIO_write(SSL_get_rbio(server.get()), piece.data(), static_cast<int>(piece.size()));
    ERR_clear_error();
    int done = SSL_do_handshake(server.get());
    failed = done <= 0 && SSL_get_error(server.get(), done) != SSL_ERROR_WANT_READ;
    answer += drain(SSL_get_wbio(server.get()));
  }
  outcome.answers = !answer.empty() && answer.front() == kHandshakeRecord;
  if (const char* name = SSL_get_servername(server.get(), TLSEXT_NAMETYPE_host_name)) outcome.name = name;
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(server.get(), &protocol, &size);
  outcome.protocol.assign(reinterpret_cast<const char*>(protocol), size);
  return outcome;
}

bool names_host(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return name == kHost || name == std::string(kHost) + ".";
}

void check(const Outcome& outcome) {
  require(outcome.protocol.empty() || outcome.protocol == "http/1.1", "http/1.1 is the only protocol");
  require(outcome.name.empty() || names_host(outcome.name) || !outcome.answers,
          "who names another host gets no certificate");
}

// What a client with that name and those protocols (as the extension has them: a length before each) would send first.
std::string hello_of(const std::string& name, std::string_view protocols) {
  static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  auto client = make_end(context);
  if (SSL_ctrl(client.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(name.c_str())) != 1)
    return "";
  SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                      static_cast<unsigned>(protocols.size()));
  SSL_set_connect_state(client.get());
  SSL_do_handshake(client.get());
  return drain(SSL_get_wbio(client.get()));
}

// A plain reading of the list; nothing when it is malformed.
std::optional<bool> offers_http11(std::string_view protocols) {
  bool offers = false;
  while (!protocols.empty()) {
    auto size = static_cast<unsigned char>(protocols.front());
    if (size == 0 || size >= protocols.size()) return std::nullopt;
    offers |= protocols.substr(1, size) == "http/1.1";
    protocols.remove_prefix(size + 1u);
  }
  return offers;
}

void check_made(std::string_view input) {
  auto end = std::min(input.find('\n'), input.size());
  auto name = std::string(input.substr(0, end));
  auto protocols = input.substr(std::min(end + 1, input.size()));
  auto offers = offers_http11(protocols);
  if (!offers || name.find('\0') != std::string::npos) return;
  auto hello = hello_of(name, protocols);
  if (hello.empty()) return;
  auto outcome = take({hello});
  check(outcome);
  require(outcome.answers == (name.empty() || names_host(name)), "who names the host, or none, gets its certificate");
  if (outcome.answers) require(!outcome.protocol.empty() == *offers, "http/1.1 is chosen when it is offered");
}

SSL_CTX* server_context() {
  static const auto context = [] {
    char folder[] = "/tmp/weir-fuzz-XXXXXX";
    if (::mkdtemp(folder) == nullptr) std::abort();
    certs::Options options;
    options.folder = folder;
    options.hosts = {kHost};
    auto authority = certs::CertificateAuthority::open_or_create(options, wall_now());
    require(authority.has_value(), "there is a CA");
    static const auto kept = std::move(*authority);
    static certs::LeafCache leaves(*kept);
    static proxy::TlsContexts contexts(leaves);
    auto made = contexts.get(kHost, wall_now());
    std::filesystem::remove_all(folder);
    require(made.has_value(), "there is a context for the host");
    return *made;
  }();
  return context.get();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = fuzz::text_of(data, size);
  if (input.starts_with(kMade)) {
    check_made(input.substr(kMade.size()));
    return 0;
  }
  auto whole = take({input});
  check(whole);
  auto cuts = fuzz::cuts_of(input);
  // Each costs a handshake.
  for (size_t i = 0; i < cuts.size(); i += cuts.size() / 4 + 1)
    require(take(cuts[i]) == whole, "what comes of a hello does not depend on how it comes");
  return 0;
}
