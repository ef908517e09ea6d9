// The tree of blocks of one node and the choice of the heaviest chain in it (DESIGN 13.1): a value
// that a chained consensus module owns. Blocks are shared between nodes; an entry is what one node
// thinks of one block. Ten thousand nodes each hold a tree, so it is one vector in order of arrival
// (parents before children) and a small index; what conflicts with the final block is dropped.
#pragma once

#include <algorithm>
#include <cassert>
#include <vector>

#include "models/api/block.hpp"
#include "models/base/int128.hpp"
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

/// Extra is the protocol's own annotation of a block at this node.
template <class Extra>
class BlockTree {
 public:
  struct Entry {
    BlockRef block;
    Weight weight = 0;  // cumulative, up to and with this block
    std::uint64_t tie_key = 0;
    Index parent = no_block;
    std::uint32_t children = 0;
    bool invalid = false;  // itself or an ancestor was refused by the application
    Extra extra;
  };

  /// Forgets all and begins at `root`, which is final.
  void reset(BlockRef root, Weight weight, Extra extra) {
    entries_.clear();
    entries_.push_back({std::move(root), weight, 0, no_block, 0, false, std::move(extra)});
    first_ = final_ = best_ = 0;
    reindex();
  }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size() - first_; }

  /// Adds a block of this work after its parent. `no_block` if the parent is unknown or below the
  /// final block, or the height is not the parent's plus one; the entry that is there if the block
  /// is known. Equal weights are decided by the greater tie key, equal keys by what came first.
  Index insert(BlockRef block, const U256& work, Extra extra, std::uint64_t tie_key = 0) {
    if (const Index known = find(block->id); known != no_block) return known;
    const Index parent = find(block->parent);
    if (parent == no_block || parent < final_ || height(parent) + 1 != block->height)
      return no_block;
    const auto self = static_cast<Index>(entries_.size());
    const Entry& above = entries_[parent];
    const Weight own = weight_of(work);
    const Weight weight = own > weight_max - above.weight ? weight_max : above.weight + own;
    const bool invalid = above.invalid;
    // Growing by an eighth wastes less than doubling, and ten thousand nodes hold a tree.
    if (entries_.size() == entries_.capacity()) entries_.reserve(self + self / 8 + 2);
    entries_.push_back({std::move(block), weight, tie_key, parent, 0, invalid, std::move(extra)});
    ++entries_[parent].children;
    if (2 * entries_.size() > index_.size()) {
      reindex();
    } else {
      place(self);
    }
    if (!invalid && heavier(self, best_)) best_ = self;
    return self;
  }

  Index find(const BlockId& id) const {
    if (index_.empty()) return no_block;
    const std::size_t mask = index_.size() - 1;
    for (std::size_t i = id.tag() & mask; index_[i] != no_block; i = (i + 1) & mask) {
      if (index_[i] >= first_ && entries_[index_[i]].block->id == id) return index_[i];
    }
    return no_block;
  }
  bool contains(const BlockId& id) const { return find(id) != no_block; }
  const Entry& at(Index index) const { return entries_[index]; }
  Extra& extra(Index index) { return entries_[index].extra; }

  /// The valid tip with the most work above (or at) the final block.
  Index best() const { return best_; }
  Index final_block() const { return final_; }
  /// Lowest block that is kept: the final one, or an ancestor of it.
  Index root() const { return first_; }
  /// Positions are those from root() on, below this.
  Index end() const { return static_cast<Index>(entries_.size()); }
  Height height(Index index) const { return entries_[index].block->height; }

  /// The ancestor at this height, or the block itself; no_block if it lies below the root or above.
  Index ancestor(Index index, Height height) const {
    // All that stands behind the final block descends from its only child.
    if (index > final_ && height == this->height(final_) + 1 && entries_[final_].children == 1) {
      return final_ + 1;
    }
    while (index != no_block && entries_[index].block->height > height) {
      index = entries_[index].parent;
    }
    return index != no_block && entries_[index].block->height == height ? index : no_block;
  }
  bool is_ancestor(Index ancestor_index, Index index) const {
    return ancestor(index, height(ancestor_index)) == ancestor_index;
  }
  Index common_ancestor(Index a, Index b) const {
    while (a != b) {
      // Of two different blocks the higher one is not common; of equal height, neither is.
      const Height ha = height(a);
      const Height hb = height(b);
      if (ha >= hb) a = entries_[a].parent;
      if (hb >= ha) b = entries_[b].parent;
      assert(a != no_block && b != no_block);
    }
    return a;
  }
  Path path(Index from, Index to) const {
    const Index common = common_ancestor(from, to);
    Path out;
    out.ancestor = entries_[common].block;
    for (Index i = from; i != common; i = entries_[i].parent) {
      out.reverted.push_back(entries_[i].block);
    }
    for (Index i = to; i != common; i = entries_[i].parent) {
      out.forward.push_back(entries_[i].block);
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
      const Index parent = entries_[i].parent;
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
      for (; height(first_) < lowest; ++first_) entries_[first_] = Entry{};
      entries_[first_].parent = no_block;
      if (best_ < final_) choose_best();
      if (6 * first_ <= entries_.size()) return;
    }
    // First who stays (1: an ancestor, 2: the final block and above), then where.
    std::vector<Index> moved(entries_.size(), 0);
    for (Index i = index; i != no_block && height(i) >= lowest; i = entries_[i].parent) {
      moved[i] = 1;
    }
    moved[index] = 2;
    for (Index i = index + 1; i < entries_.size(); ++i) {
      if (moved[entries_[i].parent] == 2) moved[i] = 2;
    }
    Index next = 0;
    for (Index i = 0; i < entries_.size(); ++i) {
      const Index parent = entries_[i].parent;
      const Index parent_moved = parent == no_block ? no_block : moved[parent];
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
  bool heavier(Index a, Index b) const {
    const Entry& x = entries_[a];
    const Entry& y = entries_[b];
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
  void place(Index entry) {
    const std::size_t mask = index_.size() - 1;
    std::size_t i = entries_[entry].block->id.tag() & mask;
    while (index_[i] != no_block) i = (i + 1) & mask;
    index_[i] = entry;
  }
  void reindex() {
    std::size_t ways = 8;
    while (ways < 3 * entries_.size()) ways *= 2;
    index_.assign(ways, no_block);
    for (Index i = first_; i < entries_.size(); ++i) place(i);
  }

  // Positions first_ to final_ are the final block's kept ancestors, oldest first, and itself;
  // whatever stands behind descends from it. What stands before first_ is empty until the next move.
  std::vector<Entry> entries_;
  std::vector<Index> index_;  // open addressing by the first bytes of the id
  Index first_ = 0;
  Index final_ = no_block;
  Index best_ = no_block;
};

}  // namespace ledgerlab::chain
