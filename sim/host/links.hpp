// Link faults in force: partitions, loss, delay, duplicates, overtaking. Above every engine
// (DESIGN 13.7), so that all engines see the same faults.
#pragma once

#include <map>
#include <vector>

#include "models/base/draw.hpp"
#include "models/base/ids.hpp"
#include "sim/host/fault.hpp"

namespace ledgerlab {

class LinkState {
 public:
  LinkState(std::uint64_t seed, std::uint32_t nodes) : seed_(seed), nodes_(nodes) {}

  /// `targets`: the fault's nodes, found by the host (empty with all_links).
  void add(std::size_t fault, const FaultPlan& plan, const std::vector<NodeId>& targets);
  void remove(std::size_t fault);
  bool any() const { return !active_.empty(); }

  bool cut(NodeId from, NodeId to) const;
  /// Draws for the next message on this link; counts it.
  bool lost(NodeId from, NodeId to);
  /// When a message that would leave at `depart` leaves: later under a delay fault, and never
  /// before an earlier message of its link.
  Time held_until(NodeId from, NodeId to, Time depart);
  /// Draws for the next message on this link whether it arrives twice.
  bool duplicated(NodeId from, NodeId to);
  /// Draws for the next message on this link how long it is held while later ones overtake it.
  Duration overtaken(NodeId from, NodeId to);

 private:
  struct Active {
    std::size_t fault;
    const FaultPlan* plan;
    std::vector<bool> touched;  // by node; empty: all links
    bool touches(NodeId a, NodeId b) const { return touched.empty() || touched[a] || touched[b]; }
  };
  struct Link {
    std::uint64_t messages = 0;  // that loss was drawn for; and the other kinds
    std::uint64_t doubled = 0;
    std::uint64_t held = 0;
    Time last{};
  };
  /// The strongest fault of this kind on the link, null: none.
  const FaultPlan* strongest(FaultKind kind, NodeId from, NodeId to) const;
  bool drawn(Purpose purpose, NodeId from, NodeId to, std::uint64_t number,
             std::uint64_t parts) const;
  Link& link(NodeId from, NodeId to) { return links_[std::uint64_t{from} << 32 | to]; }

  std::uint64_t seed_;
  std::uint32_t nodes_;
  std::vector<Active> active_;
  std::map<std::uint64_t, Link> links_;
};

/// Mean time of a lottery search: 2^256 / (target + 1) hashes at `hash_rate` hashes/s, at most
/// 2^62 ns.
Duration mean_search_time(const struct U256& target, std::uint64_t hash_rate);

}  // namespace ledgerlab
