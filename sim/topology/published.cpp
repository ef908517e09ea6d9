// The overlays of published network simulators, drawn as their sources draw them: out-degrees from
// a distribution (SimBlock: Main.constructNetworkWithAllNodes, BitcoinCoreTable.initTable) and
// ranges of connections around a core of miners (Bitcoin-Simulator: BitcoinTopologyHelper). Draws
// are our own. Both are O(links) in time and memory: candidates are drawn and checked in a hash
// set, and listed only for a node that already knows half of the others.
#include <algorithm>
#include <functional>

#include "models/base/int128.hpp"
#include "sim/topology/build.hpp"
#include "sim/topology/draw_sequence.hpp"
#include "sim/topology/edge_set.hpp"
#include "sim/topology/topology.hpp"

namespace ledgerlab {

using namespace topology_detail;

namespace {

constexpr std::uint64_t whole_ppb = 1'000'000'000;
constexpr std::uint64_t max_attempts = 100;

/// Links while they are opened.
class Wiring {
 public:
  Wiring(std::uint32_t nodes, std::uint64_t links)
      : present_(links), degree_(nodes, 0), nodes_(nodes) {
    edges_.reserve(links);
  }

  bool linked(NodeId a, NodeId b) const { return a == b || present_.contains(a, b); }
  void link(NodeId a, NodeId b) {
    present_.insert(a, b);
    edges_.emplace_back(a, b);
    ++degree_[a];
    ++degree_[b];
  }
  std::uint32_t degree(NodeId node) const { return degree_[node]; }
  const std::vector<Edge>& edges() const { return edges_; }

  /// Opens `wanted` links from `node` to drawn nodes it is not linked with yet, or to all others.
  void open(NodeId node, std::uint32_t wanted, DrawSequence& draw) {
    for (; wanted > 0 && degree_[node] < (nodes_ - 1) / 2; --wanted) {
      NodeId other = node;
      while (linked(node, other)) other = static_cast<NodeId>(draw.below(nodes_));
      link(node, other);
    }
    if (wanted == 0) return;
    std::vector<NodeId> left;
    for (NodeId other = 0; other < nodes_; ++other) {
      if (!linked(node, other)) left.push_back(other);
    }
    draw.shuffle(std::span(left));
    left.resize(std::min<std::size_t>(left.size(), wanted));
    for (const NodeId other : left) link(node, other);
  }

 private:
  EdgeSet present_;
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> degree_;
  std::uint32_t nodes_;
};

/// Item i as often as the cumulated shares say, exactly, in drawn order.
std::vector<std::uint32_t> dealt(std::uint32_t nodes, std::span<const std::uint64_t> at_most,
                                 std::uint64_t whole, DrawSequence& draw) {
  std::vector<std::uint32_t> out;
  out.reserve(nodes);
  for (std::uint32_t i = 0; i < at_most.size(); ++i) {
    const auto until = static_cast<std::size_t>(Uint128{nodes} * at_most[i] / whole);
    if (until > out.size()) out.resize(until, i);
  }
  draw.shuffle(std::span(out));
  return out;
}

Topology connected(std::uint32_t nodes, const char* key,
                   const std::function<std::vector<Edge>(std::uint64_t)>& attempt) {
  for (std::uint64_t i = 0; i < max_attempts; ++i) {
    Topology out = build(nodes, attempt(i));
    if (is_connected(out)) return out;
  }
  throw TopologyError(key, " found no connected graph of " + std::to_string(nodes) +
                               " nodes in " + std::to_string(max_attempts) +
                               " attempts: let them open more links");
}

}  // namespace

Topology out_degrees(std::uint32_t nodes, std::span<const std::uint64_t> at_most_ppb,
                     std::uint64_t seed) {
  require_nodes(nodes);
  if (at_most_ppb.empty() || at_most_ppb.back() != whole_ppb ||
      !std::is_sorted(at_most_ppb.begin(), at_most_ppb.end())) {
    throw TopologyError("topology.degree_cdf",
                        " is no distribution: give ascending shares of the nodes that open at most "
                        "1, 2, ... links, the last of them 1");
  }
  std::uint64_t links = 0;  // as wanted; a node that knows all others opens fewer
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < at_most_ppb.size(); ++i) {
    links += static_cast<std::uint64_t>(Uint128{nodes} * (at_most_ppb[i] - before) * (i + 1) /
                                        whole_ppb) +
             i + 1;
    before = at_most_ppb[i];
  }
  require_edges("topology.degree_cdf", at_most_ppb.size(), links);
  return connected(nodes, "topology.degree_cdf", [&](std::uint64_t attempt) {
    DrawSequence draw(seed, Purpose("topology.out_degree"), attempt);
    const std::vector<std::uint32_t> wanted = dealt(nodes, at_most_ppb, whole_ppb, draw);
    Wiring wiring(nodes, links);
    for (NodeId node = 0; node < nodes; ++node) wiring.open(node, wanted[node] + 1, draw);
    return wiring.edges();
  });
}

namespace {

void require_ranges(std::uint32_t nodes, std::span<const ConnectionRange> ranges,
                    std::uint32_t core, std::uint32_t core_from, std::uint32_t core_to) {
  require_nodes(nodes);
  std::uint64_t weights = 0;
  for (const ConnectionRange& range : ranges) {
    weights += range.weight;
    if (range.from >= 1 && range.from <= range.to) continue;
    throw TopologyError("topology.connections",
                        " from " + std::to_string(range.from) + " to " + std::to_string(range.to) +
                            " is no range: begin with 1 or more and do not end below it");
  }
  if (weights == 0 && core < nodes) {
    throw TopologyError("topology.connections",
                        " has no range: give at least one with a weight above 0");
  }
  if (core > nodes) {
    throw TopologyError("topology.core", " = " + std::to_string(core) + " are more than the " +
                                             std::to_string(nodes) + " nodes: lower it");
  }
  if (core > 0 && core_from > core_to) {
    throw TopologyError("topology.core_links_min",
                        " = " + std::to_string(core_from) + " is above core_links_max = " +
                            std::to_string(core_to) + ": exchange them");
  }
}

}  // namespace

Topology connection_ranges(std::uint32_t nodes, std::span<const ConnectionRange> ranges,
                           std::uint32_t core, std::uint32_t core_from, std::uint32_t core_to,
                           std::uint64_t seed) {
  require_ranges(nodes, ranges, core, core_from, core_to);
  std::vector<std::uint64_t> at_most;
  std::uint64_t weights = 0;
  for (const ConnectionRange& range : ranges) at_most.push_back(weights += range.weight);
  return connected(nodes, "topology.connections", [&](std::uint64_t attempt) {
    DrawSequence draw(seed, Purpose("topology.connections"), attempt);
    std::vector<std::uint32_t> least(nodes, core_from), most(nodes, core_to);
    const auto range_of = dealt(nodes - core, at_most, std::max<std::uint64_t>(weights, 1), draw);
    std::uint64_t links = std::uint64_t{core} * core;
    for (NodeId node = core; node < nodes; ++node) {
      const ConnectionRange& range = ranges[range_of[node - core]];
      least[node] = range.from + static_cast<std::uint32_t>(draw.below(range.to - range.from + 1));
      most[node] = least[node] + range.spare;
    }
    for (const std::uint32_t wanted : least) links += wanted;
    require_edges("topology.connections", ranges.size(), links);
    Wiring wiring(nodes, links);
    for (NodeId a = 0; a < core; ++a) {
      for (NodeId b = a + 1; b < core; ++b) wiring.link(a, b);
    }
    std::vector<NodeId> open;  // who is not full
    for (NodeId node = 0; node < nodes; ++node) {
      if (wiring.degree(node) < most[node]) open.push_back(node);
    }
    // The core's numbers are the lowest: cores first, then the others.
    for (NodeId node = 0; node < nodes; ++node) {
      std::uint64_t tries = std::uint64_t{10} * least[node];
      while (wiring.degree(node) < least[node] && tries > 0 && !open.empty()) {
        const std::uint64_t pick = draw.below(open.size());
        const NodeId other = open[pick];
        if (wiring.degree(other) >= most[other]) {  // full: off the list, no try
          open[pick] = open.back();
          open.pop_back();
          continue;
        }
        --tries;
        if (!wiring.linked(node, other)) wiring.link(node, other);
      }
    }
    return wiring.edges();
  });
}

}  // namespace ledgerlab
