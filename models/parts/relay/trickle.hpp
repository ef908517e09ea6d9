// Announcements held back for each peer and sent together when its Poisson timer rings, as Bitcoin
// Core does with transactions: mean 5 s towards peers that connected to us, 2 s towards those we
// connected to (net_processing.cpp, INBOUND_INVENTORY_BROADCAST_INTERVAL and
// OUTBOUND_INVENTORY_BROADCAST_INTERVAL). A Poisson timer has no memory, so it is only kept running
// while something waits.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "models/api/module.hpp"

namespace ledgerlab::relay {

/// Who of two peers called the other. The overlay does not say; one coin for each pair does, which
/// both ends know.
bool called(NodeId caller, NodeId peer);

class Trickle {
 public:
  using Sequence = std::uint32_t;
  struct Due {
    std::size_t peer = 0;             // position among the neighbours
    std::span<const Sequence> items;  // published since its timer was set; it may know some
  };

  Trickle(NodeId self, Duration to_callers, Duration to_called)
      : self_(self), to_callers_(to_callers), to_called_(to_called) {}

  void set_peers(std::span<const NodeId> before, std::span<const NodeId> now);
  /// The item waits for every peer whose bit is not set in `known`.
  void add(const Input& input, Sequence item, const std::uint64_t* known);
  /// When the next timer rings; time_never if nothing waits.
  Time next() const;
  /// A peer whose timer has rung; its items are valid until the next call of this object.
  std::optional<Due> take(Time now);

 private:
  /// One peer's place in the log.
  struct Peer {
    Time due = time_never;
    std::uint32_t from = 0;  // number of the first item that waits for it
    std::uint32_t rounds = 0;
  };
  void trim();

  NodeId self_;
  Duration to_callers_;
  Duration to_called_;
  std::vector<NodeId> ids_;
  std::vector<Peer> peers_;
  // Everything published, once for all peers; items are numbered from log_begin_.
  std::vector<Sequence> log_;
  std::uint32_t log_begin_ = 0;
};

}  // namespace ledgerlab::relay
