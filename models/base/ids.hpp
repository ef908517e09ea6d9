// Names of things: nodes, blocks, heights, timers, slots.
#pragma once

#include <cstdint>
#include <limits>

#include "models/base/bytes.hpp"

namespace ledgerlab {

/// Index of a node in the world, dense from 0. Replicas come first, then clients.
using NodeId = std::uint32_t;
inline constexpr NodeId no_node = std::numeric_limits<NodeId>::max();

using BlockId = Hash256;
using TxId = Hash256;
using Height = std::uint64_t;

/// A timer of a module: a kind of the module's choosing and a key (term, sequence, content).
/// Setting an id again replaces the running timer.
struct TimerId {
  std::uint32_t kind = 0;
  std::uint64_t key = 0;
  friend bool operator==(const TimerId&, const TimerId&) = default;
};

/// The slots of a stack, one node's composition (DESIGN 13.1). `session` holds no module: it is the
/// wrapper around the stack that keeps sessions with other nodes (models/parts/session).
enum class Slot : std::uint8_t {
  overlay,
  relay,
  mempool,
  sync,
  consensus,
  application,
  client,
  session
};
inline constexpr std::size_t slot_count = 8;

}  // namespace ledgerlab
