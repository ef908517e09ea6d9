// Figures of an overlay graph for `ledgerlab plan` and the report, by Boost.Graph. Each figure says
// whether it is exact, a bound or a sample: exact answers on large graphs cost too much.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/topology/topology.hpp"

namespace ledgerlab {

enum class Certainty : std::uint8_t { exact, at_least, at_most, sampled };

/// "", "at least ", "at most ", "about ".
const char* certainty_prefix(Certainty certainty);

template <typename T>
struct Figure {
  T value{};
  Certainty certainty = Certainty::exact;
  bool exact() const { return certainty == Certainty::exact; }
};

struct TopologyReport {
  std::uint32_t nodes = 0;
  std::uint64_t edges = 0;
  std::uint32_t components = 0;
  std::uint32_t degree_min = 0;
  std::uint32_t degree_max = 0;
  double degree_mean = 0;
  /// Longest and mean shortest path in hops, over pairs that reach one another.
  Figure<std::uint32_t> diameter;
  Figure<double> path_mean;
  /// Fewest nodes (links) whose loss cuts the graph or, for nodes, leaves one; 0 if it is cut.
  Figure<std::uint32_t> node_connectivity;
  Figure<std::uint32_t> edge_connectivity;
  /// A smallest cut of links: the nodes on its lesser side, ascending; empty if there is no cut to
  /// be made. Where edge_connectivity is only a bound, it is the cheapest single node to cut off.
  std::vector<NodeId> cut_side;
  /// Of the shortest paths between two others, the share that leads through a node (betweenness,
  /// Freeman 1977): over all nodes, and of the node with most.
  Figure<double> between_mean;
  Figure<double> between_max;
  NodeId between_most = 0;

  bool connected() const { return components <= 1; }
};

/// What analyse() may spend before it turns to bounds and samples.
struct AnalysisLimits {
  std::uint64_t exact_path_work = 100'000'000;   // nodes * (nodes + arcs): a search from every node
  std::uint64_t sampled_path_work = 50'000'000;  // else from 4 to 64 drawn ones
  std::uint64_t exact_between_work = 40'000'000;    // nodes * (nodes + arcs)
  std::uint64_t sampled_between_work = 20'000'000;  // else from 4 to 64 drawn sources
  std::uint32_t exact_min_cut_nodes = 600;          // smallest cut of links
  std::uint32_t exact_cut_nodes = 200;           // connectivity by maximum flows
  std::uint64_t exact_cut_work = 300'000'000;    // flows * degree * arcs
  std::uint64_t articulation_edges = 500'000;    // search for single points of failure
};

/// `seed` draws the sampled sources only.
TopologyReport analyse(const Topology& topology, std::uint64_t seed,
                       const AnalysisLimits& limits = {});

/// Name and text of each figure, in the order to print ("diameter", "at least 7 hops").
std::vector<std::pair<std::string, std::string>> describe(const TopologyReport& report);

}  // namespace ledgerlab
