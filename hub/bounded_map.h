// SPDX-License-Identifier: Apache-2.0
// A hash map with a limit: above it, what was put first goes first.  Not thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>

namespace weir::hub {

template <typename Key, typename Value, typename Hash>
class BoundedMap {
 public:
  explicit BoundedMap(size_t limit) : limit_(limit) {}

  // Valid until the next put(); null when there is none.
  const Value* find(const Key& key) const {
    auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }

  // Replaces the value of a key that is there; its age stays.
  void put(const Key& key, Value value) {
    if (values_.insert_or_assign(key, std::move(value)).second) order_.push_back(key);
    while (values_.size() > limit_) {
      values_.erase(order_.front());
      order_.pop_front();
    }
  }

  size_t size() const { return values_.size(); }

 private:
  size_t limit_;
  std::unordered_map<Key, Value, Hash> values_;
  std::deque<Key> order_;
};

}  // namespace weir::hub
