// A hash table in two arrays for hot, short-lived tables: entries lie next to each other in the
// order of insertion, so that walking them is deterministic, and clearing keeps the memory. Single
// entries cannot be erased. Positions stay valid, references only until the next insertion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab {

/// Spreads words that a contract's author may have chosen; the tables mask the low bits.
struct WordHash {
  static std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const Uint128 product =
        Uint128{a ^ 0x9e3779b97f4a7c15u} * static_cast<Uint128>(b ^ 0xe7037ed1a0b428dbu);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  std::size_t operator()(const U256& value) const {
    return mix(mix(value.words[0], value.words[1]), value.words[2] ^ (value.words[3] << 1));
  }
  template <std::size_t N>
  std::size_t operator()(const FixedBytes<N>& value) const {
    // Both ends: small numbers as addresses differ in the last bytes only.
    std::uint64_t head = 0, tail = 0;
    std::memcpy(&head, value.data.data(), 8);
    std::memcpy(&tail, value.data.data() + N - 8, 8);
    return mix(head, tail);
  }
};

template <class Key, class Value, class Hash = WordHash>
class FlatMap {
 public:
  struct Entry {
    Key key;
    Value value;
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  std::size_t size() const { return entries_.size(); }
  /// The position of a key's entry, or `none`.
  std::uint32_t find(const Key& key) const {
    if (index_.empty()) return none;
    for (std::size_t at = Hash()(key) & mask_;; at = (at + 1) & mask_) {
      const std::uint32_t position = index_[at];
      if (position == none || entries_[position].key == key) return position;
    }
  }
  /// Adds an entry whose key is not there; its position.
  template <class... A>
  std::uint32_t add(const Key& key, A&&... arguments) {
    if (2 * (entries_.size() + 1) > index_.size()) grow();
    const auto position = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({key, Value{std::forward<A>(arguments)...}});
    place(position);
    return position;
  }
  Entry& operator[](std::uint32_t position) { return entries_[position]; }
  const Entry& operator[](std::uint32_t position) const { return entries_[position]; }
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  void clear() {
    if (entries_.empty()) return;
    entries_.clear();
    index_.assign(index_.size(), none);
  }

 private:
  void place(std::uint32_t position) {
    std::size_t at = Hash()(entries_[position].key) & mask_;
    while (index_[at] != none) at = (at + 1) & mask_;
    index_[at] = position;
  }
  void grow() {
    index_.assign(index_.empty() ? 16 : 2 * index_.size(), none);
    mask_ = index_.size() - 1;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) place(i);
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> index_;
  std::size_t mask_ = 0;
};

}  // namespace ledgerlab
