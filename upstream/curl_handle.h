// SPDX-License-Identifier: Apache-2.0
// libcurl's handles as owning values.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

struct ssl_st;

namespace weir::upstream {

// One transfer's handle.  Options are set one after the other, and error() says at the end whether libcurl took them
// all.
class EasyHandle {
 public:
  EasyHandle();

  template <typename Value>
  void set(CURLoption option, Value value) {
    CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (error_ == CURLE_OK) error_ = code;
  }

  // The first failure of set().
  CURLcode error() const { return error_; }
  CURL* get() const { return easy_.get(); }
  // The TLS of its connection, which that owns.  Null where there is none, or none of OpenSSL.
  ssl_st* tls() const;

 private:
  struct Free {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  std::unique_ptr<CURL, Free> easy_;
  CURLcode error_ = CURLE_OK;
};

// A list of strings for an option; it must outlive the handles that it is set on.
class CurlList {
 public:
  void add(const std::string& text);
  // Null when empty.
  curl_slist* get() const { return list_.get(); }

 private:
  struct Free {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, Free> list_;
};

}  // namespace weir::upstream
