// SPDX-License-Identifier: Apache-2.0
#include "upstream/curl_fault.h"

#include <fmt/core.h>
#include <openssl/x509_vfy.h>

#include <cerrno>

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;

constexpr long kProxyAuthenticationRequired = 407;
constexpr long kLoopDetected = 508;

Kind kind_of(const CurlFailure& failure) {
  const auto phase = failure.phase;
  switch (failure.code) {
    case CURLE_COULDNT_CONNECT:
      return failure.os_error == ETIMEDOUT ? Kind::timeout : Kind::unreachable;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Kind::bad_certificate;
    case CURLE_OPERATION_TIMEDOUT:
      return phase == Phase::body ? Kind::cut : Kind::timeout;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return phase == Phase::body ? Kind::cut : Kind::protocol;
    default:
      break;
  }
  if (phase == Phase::body) return Kind::cut;
  return phase == Phase::head ? Kind::protocol : Kind::unreachable;
}

std::string_view advice_on_certificate(long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "if your network inspects TLS, add your company's CA with [origin] ca_file";
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "check the clock of this machine";
    case X509_V_ERR_CERT_REJECTED:
      return "it is not the key that this Weir was paired with; pair again if that machine has a new one";
    default:
      return "the connection was given up, and nothing can switch this check off";
  }
}

std::string detail_of(const CurlFailure& failure) {
  return failure.detail.empty() ? curl_easy_strerror(failure.code) : failure.detail;
}

std::string connect_message(const CurlFailure& failure) {
  return fmt::format("Cannot connect to {}: {}.", failure.authority, detail_of(failure));
}

std::string message_of(Kind kind, const CurlFailure& failure) {
  const auto& authority = failure.authority;
  switch (kind) {
    case Kind::bad_certificate:
      return fmt::format("The certificate of {} is not trusted: {}; {}.", authority, detail_of(failure),
                         advice_on_certificate(failure.verify_result));
    case Kind::protocol:
      return fmt::format("{} gave an answer that is no valid HTTP: {}.", authority, detail_of(failure));
    case Kind::cut:
      return fmt::format("The answer of {} broke off: {}.", authority, detail_of(failure));
    default:
      break;
  }
  if (failure.phase == Phase::connecting) return connect_message(failure);
  return fmt::format("{} closed the connection before it answered: {}.", authority, detail_of(failure));
}

// True when the tunnel was not there yet: the fault is the parent proxy's, or lies on the way to it.
bool is_parents(const CurlFailure& failure) {
  return failure.parent && failure.phase == Phase::connecting && failure.parent_status / 100 != 2;
}

// A status of 5xx may pass, but for the circle that ours would go in.
bool is_final_refusal(long parent_status) {
  return parent_status / 100 == 4 || parent_status == kLoopDetected;
}

std::string parents_message(Kind kind, const CurlFailure& failure) {
  auto parent = failure.parent->text();
  switch (failure.parent_status) {
    case 0:
      break;
    case kProxyAuthenticationRequired:
      return fmt::format(
          "The parent proxy {} {}: put the right ones into the URL in [origin] proxy or HTTPS_PROXY, as "
          "http://USER:PASSWORD@HOST:PORT.",
          parent,
          failure.parent->user.empty() ? "asks for a user and a password (407)"
                                       : "does not take the user and the password that it was given (407)");
    case kLoopDetected:
      return fmt::format(
          "The parent proxy {} leads back to this very Weir (508): set [origin] proxy to another one, or to \"none\".",
          parent);
    default:
      return fmt::format("The parent proxy {} refused a connection to {} with status {}.", parent, failure.authority,
                         failure.parent_status);
  }
  if (kind == Kind::bad_certificate)
    return fmt::format("The certificate of the parent proxy {} is not trusted: {}; {}.", parent, detail_of(failure),
                       advice_on_certificate(failure.verify_result));
  return fmt::format("Cannot connect to {} through the parent proxy {}: {}.", failure.authority, parent,
                     detail_of(failure));
}

}  // namespace

OriginFault to_fault(const CurlFailure& failure) {
  if (failure.no_descriptors) {
    return {Kind::no_descriptors,
            fmt::format("Weir has no file descriptor left for a connection to {}; give it more (ulimit -n, LimitNOFILE "
                        "of its unit), or ask again later.",
                        failure.authority)};
  }
  if (failure.refused) {
    return {
        Kind::refused_address,
        fmt::format("{} leads to {}, which is no public address or Weir's own; list it in [tunnel] allow_private to "
                    "allow it.",
                    failure.authority, failure.refused->text())};
  }
  Kind kind = kind_of(failure);
  bool connected = failure.phase != Phase::connecting;
  if (!is_parents(failure)) return {kind, message_of(kind, failure), connected};
  auto message = parents_message(kind, failure);
  return {is_final_refusal(failure.parent_status) ? Kind::refused_tunnel : kind, std::move(message), connected, true};
}

}  // namespace weir::upstream
