// A set of dense content ids as a bitmap (DESIGN 14, point 6). Membership only: nothing can be
// iterated, since dense ids are mere names.
#pragma once

#include <cstdint>
#include <vector>

namespace ledgerlab {

class SeenSet {
 public:
  bool has(std::uint32_t dense) const {
    return dense / 64 < words_.size() && (words_[dense / 64] >> (dense % 64) & 1) != 0;
  }
  /// False if it was there.
  bool add(std::uint32_t dense) {
    if (dense / 64 >= words_.size()) words_.resize(dense / 64 + 1, 0);
    std::uint64_t& word = words_[dense / 64];
    const std::uint64_t bit = std::uint64_t{1} << (dense % 64);
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }
  void remove(std::uint32_t dense) {
    if (has(dense)) words_[dense / 64] &= ~(std::uint64_t{1} << (dense % 64));
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace ledgerlab
