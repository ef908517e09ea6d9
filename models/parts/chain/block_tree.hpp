// The tree of blocks of one node and the choice of the heaviest chain in it (DESIGN 13.1): a value
// that a chained consensus module owns. Thousands of nodes each hold a tree of the same blocks:
// what all of them think of a block is one object, and an entry is a pointer to it with what is the
// node's own, in order of arrival (parents before children). What conflicts with the final block is
// dropped.
#pragma once

#include <algorithm>
#include <cassert>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models/api/block.hpp"
#include "models/base/int128.hpp"
#include "models/base/line_allocator.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::chain {

/// Cumulative work: hashes since genesis. 128 bits are 10^15 years of 10^9 times Bitcoin's power;
/// what is beyond counts as the largest number.
using Weight = Uint128;
inline constexpr Weight weight_max = ~Weight{0};
inline Weight weight_of(const U256& work) {
  return (work.words[2] | work.words[3]) != 0 ? weight_max
                                              : Weight{work.words[1]} << 64 | work.words[0];
}
inline U256 weight_to_u256(Weight weight) {
  return {0, 0, static_cast<std::uint64_t>(weight >> 64), static_cast<std::uint64_t>(weight)};
}

/// Position of an entry; holds until the next finalise() or reset().
using Index = std::uint32_t;
inline constexpr Index no_block = 0xffffffff;

/// The way from one tip to another, as the application's Adopt wants it.
struct Path {
  BlockRef ancestor;               // common to both
  std::vector<BlockRef> reverted;  // from the old tip downward
  std::vector<BlockRef> forward;   // upward, the last is the new tip
};

/// Kept beside a block's content: leads to what the trees of this world hold of it, while one does.
struct SharedPlace {
  const void* placed = nullptr;
  SharedPlace() = default;
  SharedPlace(const SharedPlace&) {}  // another content is another place
  SharedPlace& operator=(const SharedPlace&) { return *this; }
};

/// Extra is the protocol's own annotation of a block, a pure function of its chain: operator== says
/// whether two nodes think the same.
template <class Extra>
class BlockTree {
 public:
  /// One entry as it is seen from outside.
  struct Entry {
    const BlockRef& block;
    const Weight& weight;  // cumulative, up to and with this block
    const Extra& extra;
    Index parent = no_block;
    std::uint64_t record = 0;  // the owner's number for it
    bool invalid = false;      // itself or an ancestor was refused by the application
  };

  /// Forgets all and begins at `root`, which is final.
  void reset(BlockRef root, Weight weight, Extra extra, std::uint64_t record = 0,
             SharedPlace* place = nullptr) {
    entries_.clear();
    entries_.push_back({share(std::move(root), weight, 0, std::move(extra), place)});
    set_record(0, record);
    first_ = final_ = best_ = 0;
    top_ = height(0);
    reindex();
  }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size() - first_; }

  /// Adds a block of this work after its parent. `no_block` if the parent is unknown or below the
  /// final block, or the height is not the parent's plus one; the entry that is there if the block
  /// is known. Equal weights are decided by the greater tie key, equal keys by what came first.
  /// `place` outlives the entry, best by being part of what `extra` holds.
  Index insert(BlockRef block, const U256& work, Extra extra, std::uint64_t tie_key = 0,
               SharedPlace* place = nullptr) {
    if (const Index known = find(block->id, block->height); known != no_block) return known;
    const Index parent = find(block->parent);
    if (parent == no_block || parent < final_ || height(parent) + 1 != block->height)
      return no_block;
    const auto self = static_cast<Index>(entries_.size());
    if (self >= parent_none) throw std::length_error("a tree of more than 2^29 blocks");
    Node& above = entries_[parent];
    const Weight own = weight_of(work);
    const Weight before = above.shared->weight;
    const Weight weight = own > weight_max - before ? weight_max : before + own;
    const bool invalid = above.invalid != 0;
    top_ = std::max(top_, block->height);
    if (above.children < children_many) ++above.children;
    reserve_lines(entries_, entries_.size() + 1);  // ten thousand nodes hold a tree
    entries_.push_back({share(std::move(block), weight, tie_key, std::move(extra), place)});
    Node& node = entries_.back();
    node.parent = parent;
    node.invalid = invalid;
    if (index_ && 2 * entries_.size() <= index_->size()) {
      place_in_index(self);
    } else if (entries_.size() > scanned_max) {
      reindex();
    }
    if (!invalid && heavier(self, best_)) best_ = self;
    return self;
  }

  Index find(const BlockId& id) const {
    const std::uint64_t tag = id.tag();
    if (!index_) {
      // Few, and most questions are for the newest.
      for (Index i = end(); i-- > first_;) {
        const Shared& shared = *entries_[i].shared;
        if (shared.tag == tag && shared.block->id == id) return i;
      }
      return no_block;
    }
    const std::vector<Index>& index = *index_;
    const std::size_t mask = index.size() - 1;
    for (std::size_t i = tag & mask; index[i] != no_block; i = (i + 1) & mask) {
      if (index[i] >= first_ && entries_[index[i]].shared->block->id == id) return index[i];
    }
    return no_block;
  }
  /// The same of a block of this height: what is higher than all that is here needs no look.
  Index find(const BlockId& id, Height height) const { return height > top_ ? no_block : find(id); }
  bool contains(const BlockId& id) const { return find(id) != no_block; }
  bool contains(const Block& block) const { return find(block.id, block.height) != no_block; }
  /// Asks for the cache lines that the next block will touch.
  void warm() const {
    if (entries_.empty()) return;
    __builtin_prefetch(&entries_.back(), 1);
    __builtin_prefetch(&entries_[final_], 1);
    __builtin_prefetch(&entries_[first_], 1);
  }
  Entry at(Index index) const {
    const Node& node = entries_[index];
    return {node.shared->block, node.shared->weight, node.shared->extra,
            parent_of(index),   node.record,         node.invalid != 0};
  }
  /// What all nodes share of it: to be changed only in what is the same for all.
  Extra& extra(Index index) { return entries_[index].shared->extra; }
  void set_record(Index index, std::uint64_t record) {
    if (record > 0xffffffff) throw std::length_error("a log of more than 2^32 records");
    entries_[index].record = static_cast<std::uint32_t>(record);
  }

  /// The valid tip with the most work above (or at) the final block.
  Index best() const { return best_; }
  Index final_block() const { return final_; }
  /// Lowest block that is kept: the final one, or an ancestor of it.
  Index root() const { return first_; }
  /// Positions are those from root() on, below this.
  Index end() const { return static_cast<Index>(entries_.size()); }
  Height height(Index index) const { return entries_[index].shared->block->height; }

  /// The ancestor at this height, or the block itself; no_block if it lies below the root or above.
  Index ancestor(Index index, Height height) const {
    // All that stands behind the final block descends from its only child.
    if (index > final_ && height == this->height(final_) + 1 && entries_[final_].children == 1) {
      return final_ + 1;
    }
    while (index != no_block && this->height(index) > height) index = parent_of(index);
    return index != no_block && this->height(index) == height ? index : no_block;
  }
  bool is_ancestor(Index ancestor_index, Index index) const {
    return ancestor(index, height(ancestor_index)) == ancestor_index;
  }
  Index common_ancestor(Index a, Index b) const {
    while (a != b) {
      // Of two different blocks the higher one is not common; of equal height, neither is.
      const Height ha = height(a);
      const Height hb = height(b);
      if (ha >= hb) a = parent_of(a);
      if (hb >= ha) b = parent_of(b);
      assert(a != no_block && b != no_block);
    }
    return a;
  }
  Path path(Index from, Index to) const {
    const Index common = common_ancestor(from, to);
    Path out;
    out.ancestor = entries_[common].shared->block;
    for (Index i = from; i != common; i = parent_of(i)) {
      out.reverted.push_back(entries_[i].shared->block);
    }
    for (Index i = to; i != common; i = parent_of(i)) {
      out.forward.push_back(entries_[i].shared->block);
    }
    std::reverse(out.forward.begin(), out.forward.end());
    return out;
  }

  /// Marks a block and all its descendants, present and later; chooses the best tip again. The
  /// final block and its ancestors cannot be marked: false.
  bool mark_invalid(Index index) {
    if (is_ancestor(index, final_)) return false;
    entries_[index].invalid = true;
    for (Index i = index + 1; i < entries_.size(); ++i) {  // parents come before their children
      const Index parent = parent_of(i);
      if (parent != no_block && entries_[parent].invalid) entries_[i].invalid = true;
    }
    choose_best();
    return true;
  }

  /// Makes a descendant of the final block final. What does not descend from it is dropped, but for
  /// its `keep_below` nearest ancestors. Positions change.
  void finalise(Index index, std::uint32_t keep_below = 0) {
    assert(is_ancestor(final_, index));
    const Height top = height(index);
    const Height lowest = top > keep_below ? top - keep_below : 0;
    // Where nothing forks off, nothing conflicts and only the lowest go.
    while (final_ != index && entries_[final_].children == 1) ++final_;
    if (final_ == index) {
      for (; height(first_) < lowest; ++first_) entries_[first_] = Node{};
      entries_[first_].parent = parent_none;
      if (best_ < final_) choose_best();
      if (6 * first_ <= entries_.size()) return;
    }
    // First who stays (1: an ancestor, 2: the final block and above), then where.
    std::vector<Index> moved(entries_.size(), 0);
    for (Index i = index; i != no_block && height(i) >= lowest; i = parent_of(i)) {
      moved[i] = 1;
    }
    moved[index] = 2;
    for (Index i = index + 1; i < entries_.size(); ++i) {
      if (moved[parent_of(i)] == 2) moved[i] = 2;
    }
    Index next = 0;
    for (Index i = 0; i < entries_.size(); ++i) {
      const Index parent = parent_of(i);
      const Index parent_moved = parent == no_block ? parent_none : moved[parent];
      if (moved[i] == 0) {
        moved[i] = no_block;
        continue;
      }
      moved[i] = next;
      if (next != i) entries_[next] = std::move(entries_[i]);
      entries_[next].parent = parent_moved;
      ++next;
    }
    entries_.resize(next);
    first_ = 0;
    final_ = moved[index];
    reindex();
    choose_best();
  }

 private:
  /// What is the same of a block at every node that has it on the same chain.
  struct Shared {
    BlockRef block;
    std::uint64_t tag;  // of its id
    Weight weight;
    std::uint64_t tie_key;
    Extra extra;
    SharedPlace* place;  // leads here; null: nothing does
    std::uint32_t references = 0;
    ~Shared() {
      if (place) place->placed = nullptr;
    }
  };
  /// Counted as messages are, not atomically: it belongs to one world.
  class SharedRef {
   public:
    SharedRef() = default;
    explicit SharedRef(Shared* shared) : shared_(shared) { ++shared_->references; }
    SharedRef(SharedRef&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
    SharedRef& operator=(SharedRef&& other) noexcept {
      std::swap(shared_, other.shared_);
      return *this;
    }
    ~SharedRef() {
      if (shared_ && --shared_->references == 0) delete shared_;
    }
    Shared* operator->() const { return shared_; }
    Shared& operator*() const { return *shared_; }

   private:
    Shared* shared_ = nullptr;
  };
  static constexpr std::uint32_t parent_none = (1u << 29) - 1;
  static constexpr std::uint32_t children_many = 2;
  /// The node's own: sixteen bytes, so that four share a cache line.
  struct Node {
    SharedRef shared;
    std::uint32_t parent : 29 = parent_none;
    std::uint32_t children : 2 = 0;  // at most "many"
    std::uint32_t invalid : 1 = 0;
    std::uint32_t record = 0;
  };
  static_assert(sizeof(Node) == 16);
  /// As many are looked through one by one.
  static constexpr std::size_t scanned_max = 32;

  static SharedRef share(BlockRef block, Weight weight, std::uint64_t tie_key, Extra extra,
                         SharedPlace* place) {
    if (place && place->placed) {
      auto* known = static_cast<Shared*>(const_cast<void*>(place->placed));
      if (known->weight == weight && known->tie_key == tie_key && known->extra == extra &&
          known->block->id == block->id) {
        return SharedRef(known);
      }
      place = nullptr;
    }
    const std::uint64_t tag = block->id.tag();
    auto* made = new Shared{std::move(block), tag, weight, tie_key, std::move(extra), place};
    if (place) place->placed = made;
    return SharedRef(made);
  }
  Index parent_of(Index index) const {
    const std::uint32_t parent = entries_[index].parent;
    return parent == parent_none ? no_block : parent;
  }
  bool heavier(Index a, Index b) const {
    const Shared& x = *entries_[a].shared;
    const Shared& y = *entries_[b].shared;
    if (x.weight != y.weight) return x.weight > y.weight;
    if (x.tie_key != y.tie_key) return x.tie_key > y.tie_key;
    return a < b;
  }
  void choose_best() {
    best_ = final_;
    for (Index i = final_ + 1; i < entries_.size(); ++i) {
      if (!entries_[i].invalid && heavier(i, best_)) best_ = i;
    }
  }
  void place_in_index(Index entry) {
    std::vector<Index>& index = *index_;
    const std::size_t mask = index.size() - 1;
    std::size_t i = entries_[entry].shared->tag & mask;
    while (index[i] != no_block) i = (i + 1) & mask;
    index[i] = entry;
  }
  void reindex() {
    index_.reset();
    if (entries_.size() <= scanned_max) return;
    std::size_t ways = 2 * scanned_max;
    while (ways < 3 * entries_.size()) ways *= 2;
    index_ = std::make_unique<std::vector<Index>>(ways, no_block);
    for (Index i = first_; i < entries_.size(); ++i) place_in_index(i);
  }

  // Positions first_ to final_ are the final block's kept ancestors, oldest first, and itself;
  // whatever stands behind descends from it. What stands before first_ is empty until the next
  // move.
  LineVector<Node> entries_;
  /// Open addressing by the first bytes of the id; null: few entries.
  std::unique_ptr<std::vector<Index>> index_;
  Height top_ = 0;  // nothing here is higher
  Index first_ = 0;
  Index final_ = no_block;
  Index best_ = no_block;
};

}  // namespace ledgerlab::chain
