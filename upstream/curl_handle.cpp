// SPDX-License-Identifier: Apache-2.0
#include "upstream/curl_handle.h"

#include <mutex>
#include <new>

namespace weir::upstream {
namespace {

void initialise_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

EasyHandle::EasyHandle() {
  initialise_libcurl();
  easy_.reset(curl_easy_init());
  if (!easy_) throw std::bad_alloc();
}

ssl_st* EasyHandle::tls() const {
  curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_TLS_SSL_PTR, &session);
  bool is_openssl = session && session->backend == CURLSSLBACKEND_OPENSSL;
  return is_openssl ? static_cast<ssl_st*>(session->internals) : nullptr;
}

void CurlList::add(const std::string& text) {
  // On success the list keeps its head, or gets its first one; on failure it is left as it was.
  curl_slist* head = curl_slist_append(list_.get(), text.c_str());
  if (!head) throw std::bad_alloc();
  static_cast<void>(list_.release());
  list_.reset(head);
}

}  // namespace weir::upstream
