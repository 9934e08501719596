// SPDX-License-Identifier: Apache-2.0
#include "upstream/close_notify.h"

#include <openssl/ssl.h>

namespace weir::upstream {
namespace {

int place_of_watcher() {
  static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return place;
}

}  // namespace

void CloseNotify::watch(const EasyHandle& easy) {
  auto* tls = easy.tls();
  if (!tls) return;
  if (SSL_set_ex_data(tls, place_of_watcher(), this) == 1) SSL_set_info_callback(tls, &CloseNotify::on_event);
}

void CloseNotify::on_event(const ssl_st* tls, int where, int alert) {
  constexpr int kDescription = 0xff;  // beside the level
  if (where != SSL_CB_READ_ALERT || (alert & kDescription) != SSL_AD_CLOSE_NOTIFY) return;
  static_cast<CloseNotify*>(SSL_get_ex_data(tls, place_of_watcher()))->received_ = true;
}

}  // namespace weir::upstream
