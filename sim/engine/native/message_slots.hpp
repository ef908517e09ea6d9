// Where a message in flight keeps its size and token: one slot for all receivers of a multicast.
// An event's index names the slot and, in its lowest bit, whether the message is still to enter its
// receiver's down-link or about to leave it.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine/engine.hpp"

namespace ledgerlab::native {

class MessageSlots {
 public:
  /// The index of arrivals. Throws std::length_error beyond 2^23 multicasts in flight.
  std::uint32_t take(Token token, std::uint32_t bytes, std::uint32_t receivers) {
    if (free_ == none) [[unlikely]]
      grow();
    const std::uint32_t slot = free_;
    free_ = slots_[slot].token;
    slots_[slot] = {token, bytes, receivers};
    return slot << 1;
  }
  std::uint32_t bytes(std::uint32_t index) const { return slots_[index >> 1].bytes; }
  /// Of an index that may have been given back: then it is anything.
  Token token(std::uint32_t index) const { return slots_[index >> 1].token; }
  [[gnu::always_inline]] void fetch(std::uint32_t index) const {
    __builtin_prefetch(&slots_[index >> 1], 1);
  }

  static constexpr std::uint32_t delivery_of(std::uint32_t arrival) { return arrival | 1; }
  static constexpr bool out_of_downlink(std::uint32_t index) { return (index & 1) != 0; }

  /// The token, once for each receiver; after the last the slot is free again.
  Token give_back(std::uint32_t index) {
    Slot& slot = slots_[index >> 1];
    const Token token = slot.token;
    if (--slot.receivers == 0) {
      slot.token = free_;
      free_ = index >> 1;
    }
    return token;
  }

 private:
  struct Slot {
    Token token;  // of a free slot: the next free one
    std::uint32_t bytes;
    std::uint32_t receivers;
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  void grow();

  std::vector<Slot> slots_;
  std::uint32_t free_ = none;
};

}  // namespace ledgerlab::native
