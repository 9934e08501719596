// SPDX-License-Identifier: Apache-2.0
#include "upstream/curl_fault.h"

#include <fmt/core.h>
#include <openssl/x509_vfy.h>

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;

Kind kind_of(CURLcode code, Phase phase) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
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

}  // namespace

OriginFault to_fault(const CurlFailure& failure) {
  if (failure.refused) {
    return {
        Kind::refused_address,
        fmt::format("{} leads to {}, which is no public address or Weir's own; list it in [tunnel] allow_private to "
                    "allow it.",
                    failure.authority, failure.refused->text())};
  }
  Kind kind = kind_of(failure.code, failure.phase);
  return {kind, message_of(kind, failure)};
}

}  // namespace weir::upstream
