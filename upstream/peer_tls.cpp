// SPDX-License-Identifier: Apache-2.0
#include "upstream/peer_tls.h"

#include <utility>

#include "base/base64.h"

namespace weir::upstream {
namespace {

// As CURLOPT_PINNEDPUBLICKEY(3) wants it, with the padding of 32 bytes.
std::string pin_of(const Sha256& spki) {
  return "sha256//" + to_base64({reinterpret_cast<const char*>(spki.bytes.data()), spki.bytes.size()}) + "=";
}

}  // namespace

PeerTls::PeerTls(peer::Identity identity, const Sha256& pinned)
    : identity_(std::move(identity)),
      accepts_([pinned](const Sha256& spki) { return spki == pinned; }),
      pin_(pin_of(pinned)) {}

void PeerTls::apply(EasyHandle& easy) const {
  const char* const none = nullptr;
  easy.set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_3});
  // No CA: set_up() has the key looked at in the handshake.
  easy.set(CURLOPT_SSL_VERIFYPEER, 0L);
  easy.set(CURLOPT_SSL_VERIFYHOST, 0L);
  easy.set(CURLOPT_CAINFO, none);
  easy.set(CURLOPT_CAPATH, none);
  // Looked at once more behind it, and what keeps one peer's connections from the requests to another.
  easy.set(CURLOPT_PINNEDPUBLICKEY, pin_.c_str());
  // libcurl knows no other protocols than HTTP's own: set_up() names ours.
  easy.set(CURLOPT_SSL_ENABLE_ALPN, 0L);
  easy.set(CURLOPT_SSL_CTX_FUNCTION, &PeerTls::set_up);
  easy.set(CURLOPT_SSL_CTX_DATA, this);
}

CURLcode PeerTls::set_up(CURL*, void* ssl_context, void* self) {
  const auto& peer = *static_cast<const PeerTls*>(self);
  bool done = peer::configure_client(static_cast<ssl_ctx_st*>(ssl_context), peer.identity_, peer.accepts_);
  return done ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

}  // namespace weir::upstream
