// Blocks whose parent is not known yet, by the parent they miss. Bounded: the oldest goes first, so
// that a peer who sends blocks without history costs a fixed amount of memory and no more.
#pragma once

#include <memory>
#include <vector>

#include "models/api/block.hpp"

namespace ledgerlab::chain {

/// Item is what the protocol keeps of an orphan (the content, who sent it).
template <class Item>
class OrphanPool {
 public:
  struct Orphan {
    BlockRef block;
    Item item;
  };

  bool contains(const BlockId& id) const { return find(id) != nullptr; }
  const Orphan* find(const BlockId& id) const {
    if (!orphans_) return nullptr;
    for (const Orphan& o : *orphans_) {
      if (o.block->id == id) return &o;
    }
    return nullptr;
  }
  std::size_t size() const { return orphans_ ? orphans_->size() : 0; }
  const Orphan* oldest() const { return orphans_ ? &orphans_->front() : nullptr; }

  /// False if it is there already. The oldest go where there are `capacity`.
  bool add(BlockRef block, Item item, std::size_t capacity) {
    if (contains(block->id) || capacity == 0) return false;
    if (!orphans_) orphans_ = std::make_unique<std::vector<Orphan>>();
    while (orphans_->size() >= capacity) orphans_->erase(orphans_->begin());
    orphans_->push_back({std::move(block), std::move(item)});
    return true;
  }
  /// Takes out the children of a block that has become known, in order of arrival.
  std::vector<Orphan> take_children(const BlockId& parent) {
    return take([&](const Orphan& o) { return o.block->parent == parent; });
  }
  /// Takes out what lies at or below this height: it can only conflict with the final block.
  std::vector<Orphan> take_up_to(Height height) {
    return take([&](const Orphan& o) { return o.block->height <= height; });
  }
  /// The lowest block of the chain of orphans that `id` stands on: its parent is what is missing.
  const Orphan* base_of(const BlockId& id) const {
    const Orphan* lowest = find(id);
    for (std::size_t steps = 0; lowest && steps < size(); ++steps) {
      const Orphan* below = find(lowest->block->parent);
      if (!below) break;
      lowest = below;
    }
    return lowest;
  }
  void clear() { orphans_.reset(); }

 private:
  template <class Condition>
  std::vector<Orphan> take(Condition condition) {
    std::vector<Orphan> out;
    if (!orphans_) return out;
    std::size_t kept = 0;
    for (Orphan& o : *orphans_) {
      if (condition(o)) {
        out.push_back(std::move(o));
      } else if (Orphan& place = (*orphans_)[kept++]; &place != &o) {
        place = std::move(o);
      }
    }
    orphans_->resize(kept);
    if (kept == 0) orphans_.reset();
    return out;
  }

  std::unique_ptr<std::vector<Orphan>> orphans_;  // null: none, as nearly always
};

}  // namespace ledgerlab::chain
