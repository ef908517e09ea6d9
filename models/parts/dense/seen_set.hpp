// A set of dense content ids as a bitmap (DESIGN 14, point 6). Membership only: nothing can be
// iterated, since dense ids are mere names. The newest 64 ids stand in the object itself: nearly
// all that is said is about them, and ten thousand nodes ask without another cache line.
#pragma once

#include <cstdint>
#include <vector>

namespace ledgerlab {

class SeenSet {
 public:
  bool has(std::uint32_t dense) const {
    const std::uint32_t word = dense / 64;
    if (word == newest_) return (top_ >> (dense % 64) & 1) != 0;
    return word < below_.size() && (below_[word] >> (dense % 64) & 1) != 0;
  }
  /// False if it was there.
  bool add(std::uint32_t dense) {
    std::uint64_t& word = word_of(dense / 64);
    const std::uint64_t bit = std::uint64_t{1} << (dense % 64);
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }
  void remove(std::uint32_t dense) {
    if (has(dense)) word_of(dense / 64) &= ~(std::uint64_t{1} << (dense % 64));
  }

 private:
  std::uint64_t& word_of(std::uint32_t word) {
    if (word > newest_) {
      below_.resize(word, 0);
      below_[newest_] = top_;
      top_ = 0;
      newest_ = word;
    }
    return word == newest_ ? top_ : below_[word];
  }

  std::uint64_t top_ = 0;             // word number newest_ of the bitmap
  std::vector<std::uint64_t> below_;  // the words below it
  std::uint32_t newest_ = 0;
};

}  // namespace ledgerlab
