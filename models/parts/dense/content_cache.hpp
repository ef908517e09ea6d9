// What a relay keeps of contents for a while: in order of arrival, found by dense id, the oldest
// dropped first. One small allocation pattern for thousands of nodes; nothing is iterated but in
// order of arrival. Item has members `dense` and `since`.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "models/base/time.hpp"
#include "models/parts/dense/dense_index.hpp"

namespace ledgerlab {

template <class Item>
class ContentCache {
 public:
  /// Holds until the next add() or drop.
  Item* find(std::uint32_t dense) {
    const std::uint32_t at = index_.find(dense);
    return at == DenseIndex::none ? nullptr : &items_[at - base_];
  }
  const Item* find(std::uint32_t dense) const {
    return const_cast<ContentCache*>(this)->find(dense);
  }
  /// The dense id must not be there.
  Item& add(std::uint32_t dense, Time now) {
    index_.insert(dense, base_ + static_cast<std::uint32_t>(items_.size()));
    Item& item = items_.emplace_back();
    item.dense = dense;
    item.since = now;
    return item;
  }
  /// Drops from the oldest on while they are older than `limit`.
  void drop_before(Time limit) {
    while (head_ < items_.size() && items_[head_].since < limit) {
      index_.erase(items_[head_].dense);
      items_[head_++] = {};
    }
    if (head_ < 4 || 2 * head_ < items_.size()) return;
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    base_ += static_cast<std::uint32_t>(head_);
    head_ = 0;
  }
  std::size_t size() const { return items_.size() - head_; }
  /// In order of arrival, the oldest first.
  Item& operator[](std::size_t i) { return items_[head_ + i]; }
  const Item& operator[](std::size_t i) const { return items_[head_ + i]; }

 private:
  std::vector<Item> items_;  // the first head_ are dropped and wait to be cut off
  std::size_t head_ = 0;
  std::uint32_t base_ = 0;  // number of items_[0] since the beginning
  DenseIndex index_;
};

}  // namespace ledgerlab
