// The analyses: components, breadth-first distances, articulation points, node connectivity by
// maximum flow, smallest cut of links (Stoer and Wagner, J. ACM 44, 1997), betweenness (Brandes, J.
// Math. Sociology 25, 2001). The one file that includes Boost.Graph. Results are for people, not
// for a trace.
#include "sim/topology/analysis.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/biconnected_components.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/edmonds_karp_max_flow.hpp>
#include <boost/graph/stoer_wagner_min_cut.hpp>
#include <boost/graph/strong_components.hpp>
#include <cstdio>
#include <iterator>
#include <numeric>

#include "sim/topology/draw_sequence.hpp"

namespace ledgerlab {

namespace {

/// Both directions of every edge, in compressed rows.
using Rows =
    boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                       boost::no_property, std::uint32_t, std::uint32_t>;
using Undirected =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property,
                          boost::property<boost::edge_index_t, std::size_t>>;

constexpr std::uint32_t unreached = 0xffffffff;

Rows make_rows(const Topology& topology) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> arcs;
  arcs.reserve(topology.neighbours.size());
  for (NodeId node = 0; node < topology.nodes; ++node) {
    for (const NodeId other : topology.row(node)) arcs.emplace_back(node, other);
  }
  return Rows(boost::edges_are_sorted, arcs.begin(), arcs.end(), topology.nodes);
}

Undirected make_undirected(const Topology& topology) {
  Undirected graph(topology.nodes);
  std::size_t index = 0;
  for (NodeId node = 0; node < topology.nodes; ++node) {
    for (const NodeId other : topology.row(node)) {
      if (node < other) boost::add_edge(node, other, {index++}, graph);
    }
  }
  return graph;
}

/// Distances from one node, and what they say.
class Search {
 public:
  explicit Search(const Rows& graph) : graph_(graph), hops_(boost::num_vertices(graph)) {}

  /// Fills the distances; returns the farthest node that was reached.
  NodeId run(NodeId source) {
    std::fill(hops_.begin(), hops_.end(), unreached);
    hops_[source] = 0;
    const auto hops =
        boost::make_iterator_property_map(hops_.begin(), boost::get(boost::vertex_index, graph_));
    boost::breadth_first_search(graph_, source,
                                boost::visitor(boost::make_bfs_visitor(
                                    boost::record_distances(hops, boost::on_tree_edge()))));
    NodeId far = source;
    for (NodeId node = 0; node < hops_.size(); ++node) {
      if (hops_[node] == unreached) continue;
      sum_ += hops_[node];
      ++reached_;
      if (hops_[node] > hops_[far]) far = node;
    }
    --reached_;  // the source itself is no pair
    longest_ = std::max(longest_, hops_[far]);
    return far;
  }

  std::uint32_t longest() const { return longest_; }
  double mean() const {
    return reached_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(reached_);
  }

 private:
  const Rows& graph_;
  std::vector<std::uint32_t> hops_;
  std::uint32_t longest_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t reached_ = 0;
};

void measure_paths(const Rows& graph, std::uint64_t seed, const AnalysisLimits& limits,
                   TopologyReport& report) {
  Search search(graph);
  const std::uint64_t work = report.nodes + report.edges * 2;  // of one search
  if (report.nodes * work <= limits.exact_path_work) {
    for (NodeId node = 0; node < report.nodes; ++node) search.run(node);
    report.diameter = {search.longest(), Certainty::exact};
    report.path_mean = {search.mean(), Certainty::exact};
    return;
  }
  // Means from the drawn sources only; the ends found far away would bias them.
  Search sweep(graph);
  DrawSequence draw(seed, Purpose("topology.analysis"));
  NodeId far = 0;
  const auto sources = std::clamp<std::uint64_t>(limits.sampled_path_work / work, 4, 64);
  for (std::uint64_t i = 0; i < sources; ++i) {
    far = search.run(static_cast<NodeId>(draw.below(report.nodes)));
    if (i < 2) sweep.run(sweep.run(far));  // the double sweep: farthest of the farthest
  }
  report.diameter = {std::max(search.longest(), sweep.longest()), Certainty::at_least};
  report.path_mean = {search.mean(), Certainty::sampled};
}

/// Dependencies of one source after another on all nodes (Brandes 2001, algorithm 1).
class Between {
 public:
  explicit Between(const Topology& topology)
      : topology_(topology), hops_(topology.nodes), paths_(topology.nodes),
        depend_(topology.nodes), sum_(topology.nodes, 0.0) {
    order_.reserve(topology.nodes);
  }

  void add(NodeId source) {
    std::fill(hops_.begin(), hops_.end(), unreached);
    std::fill(paths_.begin(), paths_.end(), 0.0);
    std::fill(depend_.begin(), depend_.end(), 0.0);
    order_.assign(1, source);
    hops_[source] = 0;
    paths_[source] = 1;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const NodeId node = order_[i];
      for (const NodeId other : topology_.row(node)) {
        if (hops_[other] == unreached) {
          hops_[other] = hops_[node] + 1;
          order_.push_back(other);
        }
        if (hops_[other] == hops_[node] + 1) paths_[other] += paths_[node];
      }
    }
    for (std::size_t i = order_.size(); i-- > 1;) {
      const NodeId node = order_[i];
      for (const NodeId other : topology_.row(node)) {
        if (hops_[other] + 1 != hops_[node]) continue;
        depend_[other] += paths_[other] / paths_[node] * (1 + depend_[node]);
      }
      sum_[node] += depend_[node];
    }
    ++sources_;
  }

  /// Share of the ordered pairs of others.
  double share(NodeId node) const {
    const double n = topology_.nodes;
    return sum_[node] * n / sources_ / ((n - 1) * (n - 2));
  }

 private:
  const Topology& topology_;
  std::vector<std::uint32_t> hops_;
  std::vector<double> paths_, depend_, sum_;
  std::vector<NodeId> order_;
  double sources_ = 0;
};

void measure_between(const Topology& topology, std::uint64_t seed, const AnalysisLimits& limits,
                     TopologyReport& report) {
  if (report.nodes < 3) return;
  Between between(topology);
  const std::uint64_t work = report.nodes + report.edges * 2;  // of one source
  const bool exact = report.nodes * work <= limits.exact_between_work;
  if (exact) {
    for (NodeId node = 0; node < report.nodes; ++node) between.add(node);
  } else {
    DrawSequence draw(seed, Purpose("topology.betweenness"));
    const auto sources = std::clamp<std::uint64_t>(limits.sampled_between_work / work, 4, 64);
    for (std::uint64_t i = 0; i < sources; ++i) {
      between.add(static_cast<NodeId>(draw.below(report.nodes)));
    }
  }
  const Certainty certainty = exact ? Certainty::exact : Certainty::sampled;
  report.between_mean.certainty = report.between_max.certainty = certainty;
  for (NodeId node = 0; node < report.nodes; ++node) {
    const double share = between.share(node);
    report.between_mean.value += share / report.nodes;
    // A last bit more is no more: of equals the lowest node.
    if (share <= report.between_max.value * (1 + 1e-12)) continue;
    report.between_max.value = share;
    report.between_most = node;
  }
}

/// Paths between two nodes that share no node between (Menger): maximum flows over arcs of
/// capacity 1, with every node split into an arc of its own.
class DisjointPaths {
 public:
  explicit DisjointPaths(const Topology& topology) : graph_(topology.nodes * 2) {
    for (NodeId node = 0; node < topology.nodes; ++node) {
      add_arc(in(node), out(node));
      for (const NodeId other : topology.row(node)) add_arc(out(node), in(other));
    }
  }

  std::uint32_t count(NodeId from, NodeId to) {
    return static_cast<std::uint32_t>(boost::edmonds_karp_max_flow(graph_, out(from), in(to)));
  }

 private:
  using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
  using Reverse = boost::property<boost::edge_reverse_t, Traits::edge_descriptor>;
  using Residual = boost::property<boost::edge_residual_capacity_t, int, Reverse>;
  using Flow = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                                     boost::property<boost::edge_capacity_t, int, Residual>>;

  static std::size_t in(NodeId node) { return std::size_t{node} * 2; }
  static std::size_t out(NodeId node) { return std::size_t{node} * 2 + 1; }

  void add_arc(std::size_t from, std::size_t to) {
    const auto forward = boost::add_edge(from, to, graph_).first;
    const auto back = boost::add_edge(to, from, graph_).first;
    boost::put(boost::edge_capacity, graph_, forward, 1);
    boost::put(boost::edge_capacity, graph_, back, 0);
    boost::put(boost::edge_reverse, graph_, forward, back);
    boost::put(boost::edge_reverse, graph_, back, forward);
  }

  Flow graph_;
};

/// Esfahanian and Hakimi (Networks 14, 1984): with v of least degree, a smallest cut either spares
/// v and parts it from some node that is no neighbour, or takes v and parts two of its neighbours.
std::uint32_t node_connectivity(const Topology& topology, NodeId least) {
  DisjointPaths paths(topology);
  std::uint32_t best = topology.degree(least);
  for (NodeId node = 0; node < topology.nodes; ++node) {
    if (node == least || topology.adjacent(least, node)) continue;
    best = std::min(best, paths.count(least, node));
  }
  const auto around = topology.row(least);
  for (std::size_t i = 0; i < around.size(); ++i) {
    for (std::size_t j = i + 1; j < around.size(); ++j) {
      if (topology.adjacent(around[i], around[j])) continue;
      best = std::min(best, paths.count(around[i], around[j]));
    }
  }
  return best;
}

bool has_single_point_of_failure(const Undirected& graph) {
  std::vector<std::size_t> points;
  boost::articulation_points(graph, std::back_inserter(points));
  return !points.empty();
}

/// Links of a smallest cut; the nodes of its lesser side into `side`.
std::uint32_t smallest_cut(const Topology& topology, std::vector<NodeId>& side) {
  const Undirected graph = make_undirected(topology);
  std::vector<char> parity(topology.nodes, 0);
  const auto links = boost::stoer_wagner_min_cut(
      graph, boost::make_static_property_map<Undirected::edge_descriptor>(1),
      boost::parity_map(boost::make_iterator_property_map(
          parity.begin(), boost::get(boost::vertex_index, graph))));
  const auto ones = static_cast<std::size_t>(std::count(parity.begin(), parity.end(), 1));
  const char lesser = ones * 2 <= parity.size() ? 1 : 0;
  side.clear();
  for (NodeId node = 0; node < topology.nodes; ++node) {
    if (parity[node] == lesser) side.push_back(node);
  }
  return static_cast<std::uint32_t>(links);
}

void measure_cuts(const Topology& topology, const AnalysisLimits& limits, TopologyReport& report) {
  NodeId smallest = 0;
  while (topology.degree(smallest) != report.degree_min) ++smallest;
  if (report.connected() && report.nodes > 1) report.cut_side = {smallest};
  if (!report.connected() || report.degree_min <= 1) {
    const std::uint32_t value = report.connected() ? report.degree_min : 0;
    report.node_connectivity = {value, Certainty::exact};
    report.edge_connectivity = {value, Certainty::exact};
    return;
  }
  report.node_connectivity = {report.degree_min, Certainty::at_most};
  report.edge_connectivity = {report.degree_min, Certainty::at_most};
  if (report.nodes <= limits.exact_min_cut_nodes) {
    report.edge_connectivity = {smallest_cut(topology, report.cut_side), Certainty::exact};
  }
  if (report.edges > limits.articulation_edges) return;
  const std::uint64_t least = report.degree_min;
  const std::uint64_t flows = report.nodes + least * (least - 1) / 2;
  const bool affordable =
      report.nodes <= limits.exact_cut_nodes &&
      flows * least * (report.edges * 2 + report.nodes) <= limits.exact_cut_work;
  if (affordable) {
    report.node_connectivity = {node_connectivity(topology, smallest), Certainty::exact};
  } else if (has_single_point_of_failure(make_undirected(topology))) {
    report.node_connectivity = {1, Certainty::exact};
  }
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

/// "3 links part node 17 from the rest", "2 links part 5 nodes (0, 1, 2, ...) from the rest".
std::string cut_text(const TopologyReport& report) {
  if (report.cut_side.empty()) return "none";
  constexpr std::size_t shown = 8;
  std::string names;
  for (std::size_t i = 0; i < std::min(shown, report.cut_side.size()); ++i) {
    names += (i ? ", " : "") + std::to_string(report.cut_side[i]);
  }
  if (report.cut_side.size() > shown) names += ", ...";
  const std::uint32_t links = report.edge_connectivity.value;
  const std::string nodes = report.cut_side.size() == 1
                                ? "node " + names
                                : std::to_string(report.cut_side.size()) + " nodes (" + names + ")";
  return std::to_string(links) + (links == 1 ? " link parts " : " links part ") + nodes +
         " from the rest";
}

std::string percent(double share) { return number(share * 100) + " %"; }

template <typename T>
std::string figure_text(const Figure<T>& figure, const std::string& value) {
  return certainty_prefix(figure.certainty) + value;
}

}  // namespace

const char* certainty_prefix(Certainty certainty) {
  switch (certainty) {
    case Certainty::exact:
      return "";
    case Certainty::at_least:
      return "at least ";
    case Certainty::at_most:
      return "at most ";
    case Certainty::sampled:
      break;
  }
  return "about ";
}

TopologyReport analyse(const Topology& topology, std::uint64_t seed, const AnalysisLimits& limits) {
  TopologyReport report;
  report.nodes = topology.nodes;
  report.edges = topology.edges();
  if (topology.nodes == 0) return report;
  report.degree_mean = 2.0 * static_cast<double>(report.edges) / report.nodes;
  if (topology.complete) {
    const std::uint32_t others = topology.nodes - 1;
    report.components = 1;
    report.degree_min = report.degree_max = others;
    report.diameter = {others > 0 ? 1u : 0u, Certainty::exact};
    report.path_mean = {others > 0 ? 1.0 : 0.0, Certainty::exact};
    report.node_connectivity = report.edge_connectivity = {others, Certainty::exact};
    if (others > 0) report.cut_side = {0};
    return report;
  }
  report.degree_min = unreached;
  for (NodeId node = 0; node < topology.nodes; ++node) {
    report.degree_min = std::min(report.degree_min, topology.degree(node));
    report.degree_max = std::max(report.degree_max, topology.degree(node));
  }
  const Rows graph = make_rows(topology);
  // Both directions of every edge are there, so strong components are the components.
  std::vector<std::uint32_t> component(topology.nodes);
  report.components = static_cast<std::uint32_t>(boost::strong_components(
      graph, boost::make_iterator_property_map(component.begin(),
                                               boost::get(boost::vertex_index, graph))));
  measure_paths(graph, seed, limits, report);
  measure_cuts(topology, limits, report);
  measure_between(topology, seed, limits, report);
  return report;
}

std::vector<std::pair<std::string, std::string>> describe(const TopologyReport& report) {
  const auto text = [](std::uint64_t value) { return std::to_string(value); };
  const std::string cut = report.connected() ? "" : " (between pairs that reach one another)";
  return {
      {"nodes", text(report.nodes)},
      {"links", text(report.edges)},
      {"connected", report.connected() ? "yes" : "no, " + text(report.components) + " parts"},
      {"degree", text(report.degree_min) + " to " + text(report.degree_max) + ", mean " +
                     number(report.degree_mean)},
      {"diameter", figure_text(report.diameter, text(report.diameter.value) + " hops" + cut)},
      {"mean path", figure_text(report.path_mean, number(report.path_mean.value) + " hops" + cut)},
      {"node connectivity",
       figure_text(report.node_connectivity, text(report.node_connectivity.value))},
      {"link connectivity",
       figure_text(report.edge_connectivity, text(report.edge_connectivity.value))},
      {"smallest cut", figure_text(report.edge_connectivity, cut_text(report))},
      {"betweenness",
       figure_text(report.between_max,
                   percent(report.between_max.value) + " of all shortest paths of others lead " +
                       "through node " + text(report.between_most) + ", mean " +
                       percent(report.between_mean.value))},
  };
}

}  // namespace ledgerlab
