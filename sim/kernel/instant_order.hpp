// The order within one instant (DESIGN 13.7): by a drawn key of (receiver, sender, instant), then
// by number on the link, so that low node numbers win no races and all engines agree. The native
// engine sorts its instants with it; the host sorts what another engine's instant brought together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/kernel/event.hpp"

namespace ledgerlab {

/// The keys of one instant. For one instant the key is a bijection of (receiver, sender): equal
/// keys mean the same link (or the same node's wake-ups, whose sender is the node itself).
class InstantKey {
 public:
  constexpr InstantKey(std::uint64_t seed, std::int64_t instant)
      : salt_(mix(mix(seed ^ 0x6c65646765726c61u) + static_cast<std::uint64_t>(instant))) {}

  constexpr std::uint64_t operator()(NodeId receiver, NodeId sender) const {
    return of_link(std::uint64_t{receiver} << event_node_bits | sender);
  }
  constexpr std::uint64_t operator()(const Event& event) const {
    return of_link(event.packed >> event_index_bits);
  }

 private:
  constexpr std::uint64_t of_link(std::uint64_t link) const { return mix(link ^ salt_); }

  /// A bijection of 64 bits: three odd multiplications, each folding the high half down.
  static constexpr std::uint64_t mix(std::uint64_t x) {
    x = (x ^ x >> 32) * 0xd1342543de82ef95u;
    x = (x ^ x >> 29) * 0xaf251af3b0f025b5u;
    x = (x ^ x >> 32) * 0xb564ef22ec7aece5u;
    return x ^ x >> 31;
  }
  std::uint64_t salt_;
};

/// Sorts the events of one instant. Keeps its memory from instant to instant.
class InstantSorter {
 public:
  /// An event and its key; all events have the same time.
  struct Keyed {
    std::uint64_t key;
    std::uint64_t packed;
  };

  /// The events of `instant` (anything with size() and for_each(visit)) by key, then as they came.
  template <typename Instant>
  std::span<const Keyed> sort(const Instant& instant, InstantKey key) {
    const std::size_t size = instant.size();
    if (size <= small) return sort_few(instant, key);
    begin(size);
    instant.for_each([&](const Event& event) { ++offsets_[bucket(key(event))]; });
    accumulate();
    instant.for_each([&](const Event& event) {
      const std::uint64_t drawn = key(event);
      sorted_[offsets_[bucket(drawn)]++] = {drawn, event.packed};
    });
    finish();
    return {sorted_.data(), size_};
  }

 private:
  static constexpr std::size_t small = 24;

  template <typename Instant>
  std::span<const Keyed> sort_few(const Instant& instant, InstantKey key) {
    std::size_t count = 0;
    if (sorted_.size() < small) sorted_.resize(small);
    instant.for_each([&](const Event& event) {
      const Keyed keyed{key(event), event.packed};
      std::size_t hole = count++;
      for (; hole > 0 && keyed.key < sorted_[hole - 1].key; --hole)
        sorted_[hole] = sorted_[hole - 1];
      sorted_[hole] = keyed;
    });
    return {sorted_.data(), count};
  }

  std::size_t bucket(std::uint64_t key) const { return key >> shift_; }
  void begin(std::size_t size);
  void accumulate();
  void finish();

  std::size_t size_ = 0;
  unsigned shift_ = 0;
  std::vector<Keyed> sorted_;
  std::vector<std::uint32_t> offsets_;
};

}  // namespace ledgerlab
