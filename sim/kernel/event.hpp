// What the kernel keeps of anything due: sixteen bytes, so that four share a cache line.
#pragma once

#include <cstdint>

#include "models/base/ids.hpp"

namespace ledgerlab {

/// Bits of a node and of an engine's own index in an event.
inline constexpr unsigned event_node_bits = 20;
inline constexpr unsigned event_index_bits = 24;
inline constexpr std::uint32_t event_node_count = 1u << event_node_bits;
inline constexpr std::uint32_t event_index_count = 1u << event_index_bits;

/// Something due at `time` (nanoseconds, never negative) between two nodes. What `index` means is
/// the engine's affair.
struct Event {
  std::int64_t time;
  std::uint64_t packed;  // to:20 from:20 index:24, from the highest bit down

  static constexpr std::uint64_t pack(NodeId to, NodeId from, std::uint32_t index) {
    return std::uint64_t{to} << (event_node_bits + event_index_bits) |
           std::uint64_t{from} << event_index_bits | index;
  }
  constexpr NodeId to() const {
    return static_cast<NodeId>(packed >> (event_node_bits + event_index_bits));
  }
  constexpr NodeId from() const {
    return static_cast<NodeId>(packed >> event_index_bits) & (event_node_count - 1);
  }
  constexpr std::uint32_t index() const {
    return static_cast<std::uint32_t>(packed) & (event_index_count - 1);
  }
  friend constexpr bool operator==(const Event&, const Event&) = default;
};
static_assert(sizeof(Event) == 16);

}  // namespace ledgerlab
