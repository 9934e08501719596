// SPDX-License-Identifier: Apache-2.0
// TLS between Weirs: version 1.3, the protocol kProtocol (ALPN, RFC 7301), and a certificate on both sides, of which
// nothing but the key counts.  Nobody signs for it: a key is known because it was paired, or by its join code.
// Connections are never resumed, so that a key is looked at each time.
#pragma once

#include <functional>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "peer/identity.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weir::peer {

inline constexpr std::string_view kProtocol = "weir-peer/1";

// Judges the other side's key by its SPKI hash.
using AcceptsKey = std::function<bool(const Sha256& spki)>;

// Makes a server's context one for peers: any peer's certificate will do, for who may do what is decided by request.  A
// client that does not offer the protocol gets an alert and sees no certificate.  False when OpenSSL refuses.
bool configure_server(ssl_ctx_st* context, const Identity& identity);

// On a context that serves other clients: those that offer the protocol are served by `peers`, a context of
// configure_server() that must outlive `context`.
void divert_peers(ssl_ctx_st* context, ssl_ctx_st* peers);

// Makes a client's context one for peers.  A key that `accepts` (which must outlive the context) does not take ends the
// handshake before this side has shown a certificate or sent a byte of its own.  False when OpenSSL refuses.
bool configure_client(ssl_ctx_st* context, const Identity& identity, const AcceptsKey& accepts);

// A connection between peers after its handshake.
struct Session {
  Sha256 spki;      // of the other side
  Sha256 exporter;  // of this connection, for pairing
};

// Whether the handshake chose the protocol of peers.
bool is_peer_session(ssl_st* ssl);
// Errors: refused when that is no connection between peers.
Result<Session> session_of(ssl_st* ssl);

}  // namespace weir::peer
