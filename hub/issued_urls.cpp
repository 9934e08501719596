// SPDX-License-Identifier: Apache-2.0
#include "hub/issued_urls.h"

#include <algorithm>
#include <utility>

namespace weir::hub {

void IssuedUrls::remember(const http::Url& url, IssuedUrl issued, WallTime now, std::optional<WallTime> expires) {
  auto signed_until = expiry_of(url.target);
  if (signed_until) expires = expires ? std::min(*expires, *signed_until) : *signed_until;
  if (!expires || *expires <= now) return;
  auto key = hash_(url);
  std::lock_guard lock(mutex_);
  entries_.insert_or_assign(key, Entry{std::move(issued), *expires, turns_});
  order_.push_back(Turn{key, turns_++});
  drop_oldest_while_needed(now);
}

// URLs live about equally long, so what has expired is at the front; with it goes its grant.
void IssuedUrls::drop_oldest_while_needed(WallTime now) {
  while (!order_.empty()) {
    auto [url, turn] = order_.front();
    auto entry = entries_.find(url);
    bool is_void = entry == entries_.end() || entry->second.turn != turn;
    if (!is_void && entries_.size() <= limit_ && order_.size() <= 2 * limit_ && entry->second.expires > now) return;
    if (!is_void) entries_.erase(entry);
    order_.pop_front();
  }
}

std::optional<IssuedUrl> IssuedUrls::find(const http::Url& url, WallTime now) const {
  auto key = hash_(url);
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(key);
  if (entry == entries_.end() || entry->second.expires <= now) return std::nullopt;
  return entry->second.issued;
}

size_t IssuedUrls::size() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace weir::hub
