// SPDX-License-Identifier: Apache-2.0
// A hash map with a limit on what its values cost in all: above it, what was put first goes first.  Not thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>

namespace weir::hub {

template <typename Key, typename Value, typename Hash>
class BoundedMap {
 public:
  // `limit`: the number of values, or what they may cost together.
  explicit BoundedMap(size_t limit) : limit_(limit) {}

  // Valid until the next put(); null when there is none.
  const Value* find(const Key& key) const {
    auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second.value;
  }

  // Replaces the value of a key that is there; its age stays.
  void put(const Key& key, Value value, size_t cost = 1) {
    auto [entry, is_new] = values_.try_emplace(key);
    if (is_new) order_.push_back(key);
    cost_ += cost;
    cost_ -= entry->second.cost;
    entry->second = {std::move(value), cost};
    while (cost_ > limit_) drop_first();
  }

  void clear() {
    values_.clear();
    order_.clear();
    cost_ = 0;
  }

  size_t size() const { return values_.size(); }

 private:
  struct Entry {
    Value value{};
    size_t cost = 0;
  };

  void drop_first() {
    auto first = values_.find(order_.front());
    cost_ -= first->second.cost;
    values_.erase(first);
    order_.pop_front();
  }

  size_t limit_;
  size_t cost_ = 0;
  std::unordered_map<Key, Entry, Hash> values_;
  std::deque<Key> order_;
};

}  // namespace weir::hub
