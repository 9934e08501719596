// SPDX-License-Identifier: Apache-2.0
#include "upstream/trusted_roots.h"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

#include "base/files.h"

namespace weir::upstream {
namespace {

// Said, for the machine's openssl.cnf may take weaker keys and hashes: at least 112 bits of security.
constexpr const char* kCiphers = "DEFAULT@SECLEVEL=2";
// Servers without an order of their own take the first: with OpenSSL 3.0 AES-128 is a tenth faster than AES-256.
constexpr const char* kTls13Suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

}  // namespace

TrustedRoots::TrustedRoots(std::string_view pem) : file_(::memfd_create("trusted-roots", MFD_CLOEXEC)) {
  if (!file_) throw std::system_error(errno, std::generic_category(), "a file in memory for the trusted certificates");
  auto written = write_all(file_.get(), pem, "the trusted certificates");
  if (!written) throw std::system_error(EIO, std::generic_category(), written.error().message);
  path_ = "/proc/self/fd/" + std::to_string(file_.get());
}

void TrustedRoots::apply(EasyHandle& easy) const {
  constexpr long kForever = -1;
  const char* const none = nullptr;
  easy.set(CURLOPT_SSL_VERIFYPEER, 1L);
  easy.set(CURLOPT_SSL_VERIFYHOST, 2L);
  easy.set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  easy.set(CURLOPT_SSL_CIPHER_LIST, kCiphers);
  easy.set(CURLOPT_TLS13_CIPHERS, kTls13Suites);
  easy.set(CURLOPT_CAINFO, path_.c_str());
  easy.set(CURLOPT_CAPATH, none);
  easy.set(CURLOPT_CA_CACHE_TIMEOUT, kForever);
}

void TrustedRoots::apply_to_proxy(EasyHandle& easy) const {
  const char* const none = nullptr;
  easy.set(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
  easy.set(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
  easy.set(CURLOPT_PROXY_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  easy.set(CURLOPT_PROXY_SSL_CIPHER_LIST, kCiphers);
  easy.set(CURLOPT_PROXY_CAINFO, path_.c_str());
  easy.set(CURLOPT_PROXY_CAPATH, none);
}

}  // namespace weir::upstream
