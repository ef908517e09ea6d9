// A small hash table from dense content ids to sequence numbers, eight bytes an entry: ten thousand
// nodes keep one each. Look-up only; nothing can be iterated.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace ledgerlab {

class DenseIndex {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  std::uint32_t find(std::uint32_t key) const {
    if (slots_.empty()) return none;
    const std::size_t i = at(key);
    return slots_[i].key == key ? slots_[i].value : none;
  }
  /// The key must not be there; `none` is no value.
  void insert(std::uint32_t key, std::uint32_t value) {
    if (4 * (used_ + 1) > 3 * slots_.size()) grow();
    Place added{key, value};
    std::size_t i = at(key);
    // Who is farther from home goes first: the others move on by one.
    for (; slots_[i].value != none; i = next(i)) std::swap(slots_[i], added);
    slots_[i] = added;
    ++used_;
  }
  void erase(std::uint32_t key) {
    if (slots_.empty()) return;
    std::size_t hole = at(key);
    if (slots_[hole].key != key || slots_[hole].value == none) return;
    if (--used_ == 0 && slots_.size() > 64) return std::vector<Place>().swap(slots_);
    // Entries behind move up unless they are at home.
    for (std::size_t i = next(hole); slots_[i].value != none && away(i) != 0; i = next(i)) {
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole] = {};
  }
  /// The key is there.
  void replace(std::uint32_t key, std::uint32_t value) { slots_[at(key)].value = value; }
  std::size_t size() const { return used_; }

 private:
  struct Place {
    std::uint32_t key = 0;
    std::uint32_t value = none;
  };
  std::size_t home(std::uint32_t key) const {
    // Fibonacci hashing, the upper bits of a product with 2^32 / golden ratio: ids in a row stand
    // apart, so that a stray one among them displaces few. An even id and the next stand together.
    const std::uint32_t mixed =
        ((key >> 1) * 2654435769u) >> (33 - std::countr_zero(slots_.size()));
    return std::size_t{mixed} * 2 + (key & 1);
  }
  /// How far behind its home an entry stands.
  std::size_t away(std::size_t i) const { return (i - home(slots_[i].key)) & (slots_.size() - 1); }
  /// Where the key stands, or would be inserted: entries stand in the order of their homes.
  std::size_t at(std::uint32_t key) const {
    std::size_t i = home(key);
    for (std::size_t steps = 0; slots_[i].value != none && slots_[i].key != key; ++steps) {
      if (away(i) < steps) break;
      i = next(i);
    }
    return i;
  }
  std::size_t next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }
  void grow() {
    std::vector<Place> old(slots_.empty() ? 8 : 2 * slots_.size());
    old.swap(slots_);
    used_ = 0;
    for (const Place& p : old) {
      if (p.value != none) insert(p.key, p.value);
    }
  }

  std::vector<Place> slots_;
  std::size_t used_ = 0;
};

}  // namespace ledgerlab
