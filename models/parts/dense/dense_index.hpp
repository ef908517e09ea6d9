// A small hash table from dense content ids to sequence numbers, eight bytes an entry: ten thousand
// nodes keep one each. Look-up only; nothing can be iterated.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace ledgerlab {

class DenseIndex {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  std::uint32_t find(std::uint32_t key) const {
    if (slots_.empty()) return none;
    for (std::size_t i = home(key); slots_[i].value != none; i = next(i)) {
      if (slots_[i].key == key) return slots_[i].value;
    }
    return none;
  }
  /// The key must not be there; `none` is no value.
  void insert(std::uint32_t key, std::uint32_t value) {
    if (4 * (used_ + 1) > 3 * slots_.size()) grow();
    std::size_t i = home(key);
    while (slots_[i].value != none) i = next(i);
    slots_[i] = {key, value};
    ++used_;
  }
  void erase(std::uint32_t key) {
    if (slots_.empty()) return;
    std::size_t hole = home(key);
    while (slots_[hole].value != none && slots_[hole].key != key) hole = next(hole);
    if (slots_[hole].value == none) return;
    if (--used_ == 0 && slots_.size() > 64) return std::vector<Place>().swap(slots_);
    // Entries behind move up unless that would put them before their home.
    for (std::size_t i = next(hole); slots_[i].value != none; i = next(i)) {
      const std::size_t wanted = home(slots_[i].key);
      const std::size_t mask = slots_.size() - 1;
      if (((i - wanted) & mask) < ((i - hole) & mask)) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole].value = none;
  }
  /// The key is there.
  void replace(std::uint32_t key, std::uint32_t value) {
    std::size_t i = home(key);
    while (slots_[i].key != key || slots_[i].value == none) i = next(i);
    slots_[i].value = value;
  }
  std::size_t size() const { return used_; }

 private:
  struct Place {
    std::uint32_t key = 0;
    std::uint32_t value = none;
  };
  std::size_t home(std::uint32_t key) const {
    // Ids that turn up together are numbers in a row, and stand in a row; so do those that are as
    // far apart as the table is long.
    return (key + (key >> std::countr_zero(slots_.size()))) & (slots_.size() - 1);
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
