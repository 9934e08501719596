// SPDX-License-Identifier: Apache-2.0
// Requests to the origin and other sources over verified TLS, by libcurl's multi interface on one loop.  One client
// belongs to one loop and is used on its thread only.  Connections are kept and reused.  Nothing here follows
// redirects, decodes or keeps cookies: one request in, one answer out.  Through a proxy goes what the options say,
// whatever the environment holds (libcurl would take Weir itself from HTTPS_PROXY).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "http/head.h"
#include "upstream/address_policy.h"
#include "upstream/options.h"

namespace weir::upstream {

class PeerTls;

enum class RequestBody { none, length, chunked };

// A request as it goes out.
struct OriginRequest {
  // http: in clear, for a source that the operator named with an address near by, and for nothing else.
  enum class Scheme { https, http };

  std::string method;
  std::string host;  // a name, or an IP literal without brackets
  uint16_t port = 443;
  std::string target;  // origin-form, sent byte for byte
  // All that is sent, Host included.  Content-Length, Transfer-Encoding and Expect in it are not sent: `body` frames
  // the request.
  http::Fields fields;
  RequestBody body = RequestBody::none;  // a HEAD goes without (RFC 9110, section 9.3.2)
  uint64_t body_length = 0;              // for RequestBody::length
  // Nothing: the option's value.  0: none, and none for a body that stalls either (event streams, git).
  std::optional<Duration> first_byte_timeout;
  Scheme scheme = Scheme::https;
  // Set: the host is a paired Weir, known by its key.  It is reached directly, at any address, and connect_to does not
  // lead elsewhere.
  std::shared_ptr<const PeerTls> peer = nullptr;
};

// Why an answer did not come, or broke off.
struct OriginFault {
  enum class Kind {
    refused_address,  // our policy: the name resolves to an address that may not be connected to
    refused_tunnel,   // the parent proxy's word: it does not connect us, and would not the next moment
    unreachable,      // no such name, connection refused or reset before an answer
    bad_certificate,  // the peer could not be verified
    timeout,          // connecting, sending or the first byte took too long
    protocol,         // the answer is no valid HTTP, or the request's body ended before its length
    cut,              // the connection ended or stalled in the middle of the answer
    no_descriptors,   // ours: this process has none left for a connection; the next moment it may
  };
  Kind kind = Kind::unreachable;
  std::string message;     // one sentence: host, phase, reason, what to do; no query, no token
  bool connected = false;  // the origin had been reached
  bool at_parent = false;  // it is the parent proxy's, or lies on the way to it

  // For a client that gets no answer because of it.
  int status() const { return kind == Kind::timeout ? 504 : kind == Kind::no_descriptors ? 503 : 502; }
  // Asking again would not help: it is not the line, but somebody's word.
  bool is_final() const {
    return kind == Kind::refused_address || kind == Kind::refused_tunnel || kind == Kind::bad_certificate;
  }
};

// What an exchange with the origin tells its owner.  Called on the client's loop, never from within start() or
// resume_*(). A callback may destroy the transfer.
class OriginObserver {
 public:
  virtual ~OriginObserver() = default;

  // The final head, once; 1xx heads are swallowed.  Hop-by-hop fields are removed; Content-Length is there if the
  // origin sent it.
  virtual void on_head(http::ResponseHead head) = 0;
  // False pauses the transfer until resume_reading().  Asked before each on_data().
  virtual bool ready_for_data() = 0;
  // Bytes of the body, transfer codings undone, content codings not.
  virtual void on_data(std::string_view bytes) = 0;
  // The end, once and last.  Without a fault the answer is complete: Content-Length met, last chunk seen, or TLS closed
  // properly. After an error status (400 and above) this comes even when the request's body has not been read to its
  // end.
  virtual void on_done(std::optional<OriginFault> fault) = 0;

  // For requests with a body of one byte or more: fills `buffer`.  Returns bytes written; 0 with `at_end` unset pauses
  // the upload until resume_body().  The first call says that the origin is connected and has the head.
  virtual size_t read_body(std::span<char> buffer, bool& at_end) {
    static_cast<void>(buffer);
    at_end = true;
    return 0;
  }
};

// One running request.  Destroying it cancels it; the observer is not called again.
class OriginTransfer {
 public:
  virtual ~OriginTransfer() = default;
  // Both do nothing when nothing is paused.
  virtual void resume_reading() = 0;
  virtual void resume_body() = 0;
};

class OriginClient {
 public:
  // `trusted_roots`: the PEM text of all certificates that are trusted (the system's or a company's, and ca_file),
  // without Weir's own. The policy must outlive the client.
  OriginClient(Loop& loop, const OriginOptions& options, std::string_view trusted_roots, const AddressPolicy& policy);
  // Cancels what still runs, without a word to the observers.  Not from within a callback of an observer.
  ~OriginClient();

  // The observer must outlive the transfer.
  std::unique_ptr<OriginTransfer> start(OriginRequest request, OriginObserver& observer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::upstream
