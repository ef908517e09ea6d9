// A set of undirected edges for the generators: open addressing, membership only, no iteration, so
// that the table's order can reach nothing.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "models/base/ids.hpp"

namespace ledgerlab {

class EdgeSet {
 public:
  /// Room for `edges` edges at a load of at most one half.
  explicit EdgeSet(std::uint64_t edges)
      : slots_(std::bit_ceil(std::max<std::uint64_t>(16, edges * 2)), empty),
        mask_(slots_.size() - 1) {}

  bool contains(NodeId a, NodeId b) const { return slots_[find(key(a, b))] != empty; }

  /// False if it was there already.
  bool insert(NodeId a, NodeId b) {
    std::uint64_t& slot = slots_[find(key(a, b))];
    if (slot != empty) return false;
    slot = key(a, b);
    return true;
  }

  void erase(NodeId a, NodeId b) {
    std::uint64_t hole = find(key(a, b));
    if (slots_[hole] == empty) return;
    // Close the gap: move back every later entry of the run whose home is not behind the hole.
    for (std::uint64_t i = (hole + 1) & mask_; slots_[i] != empty; i = (i + 1) & mask_) {
      if (((i - home(slots_[i])) & mask_) < ((i - hole) & mask_)) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole] = empty;
  }

 private:
  static constexpr std::uint64_t empty = ~std::uint64_t{0};  // a loop, never an edge

  static std::uint64_t key(NodeId a, NodeId b) {
    return std::uint64_t{std::min(a, b)} << 32 | std::max(a, b);
  }
  std::uint64_t home(std::uint64_t key) const {
    const std::uint64_t mixed = key * 0x9e3779b97f4a7c15u;
    return (mixed ^ mixed >> 32) & mask_;
  }
  std::uint64_t find(std::uint64_t key) const {
    std::uint64_t i = home(key);
    while (slots_[i] != empty && slots_[i] != key) i = (i + 1) & mask_;
    return i;
  }

  std::vector<std::uint64_t> slots_;
  std::uint64_t mask_;
};

}  // namespace ledgerlab
