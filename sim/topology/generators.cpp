// The drawn graphs: random regular, Erdos-Renyi, Barabasi-Albert, Watts-Strogatz. Boost's
// generators call log and exp, whose last bits depend on the machine (DESIGN 13.5), hence our own,
// in integers.
#include <algorithm>
#include <optional>

#include "models/base/int128.hpp"
#include "sim/topology/build.hpp"
#include "sim/topology/draw_sequence.hpp"
#include "sim/topology/edge_set.hpp"
#include "sim/topology/topology.hpp"

namespace ledgerlab {

using namespace topology_detail;

namespace {

constexpr std::uint64_t billion = 1'000'000'000;
constexpr std::uint64_t max_attempts = 1'000;
constexpr int max_switch_tries = 10'000;

/// A simple graph under construction whose degrees no switch changes.
class Switcher {
 public:
  explicit Switcher(std::size_t edges) : present_(edges) { edges_.reserve(edges); }

  /// False, and nothing done, for a loop or a repeated edge.
  bool add(const Edge& edge) {
    if (edge.first == edge.second || !present_.insert(edge.first, edge.second)) return false;
    edges_.push_back(edge);
    return true;
  }

  /// Replaces a-b, which is no edge here, and the drawn edge c-d by a-c and b-d, if both are new.
  bool repair(const Edge& bad, DrawSequence& draw) {
    if (edges_.empty()) return false;
    const std::uint64_t pick = draw.below(edges_.size() * 2);
    const Edge other = oriented(pick);
    const Edge one{bad.first, other.first};
    const Edge two{bad.second, other.second};
    if (!fits(one) || !fits(two)) return false;
    replace(pick / 2, one);
    present_.insert(two.first, two.second);
    edges_.push_back(two);
    return true;
  }

  /// One step of the switch chain: two drawn edges exchange an end if that keeps the graph simple.
  void mix(DrawSequence& draw) {
    const std::uint64_t pick = draw.below(edges_.size() * edges_.size() * 2);
    const std::uint64_t first = pick / (edges_.size() * 2);
    const std::uint64_t second = pick % (edges_.size() * 2);
    if (first == second / 2) return;
    const Edge edge = edges_[first];
    const Edge other = oriented(second);
    const Edge one{edge.first, other.first};
    const Edge two{edge.second, other.second};
    if (!fits(one) || !fits(two)) return;
    replace(first, one);
    replace(second / 2, two);
  }

  const std::vector<Edge>& edges() const { return edges_; }

 private:
  Edge oriented(std::uint64_t pick) const {
    const Edge edge = edges_[pick / 2];
    return pick % 2 == 0 ? edge : Edge{edge.second, edge.first};
  }
  bool fits(const Edge& edge) const {
    return edge.first != edge.second && !present_.contains(edge.first, edge.second);
  }
  void replace(std::uint64_t index, const Edge& edge) {
    present_.erase(edges_[index].first, edges_[index].second);
    present_.insert(edge.first, edge.second);
    edges_[index] = edge;
  }

  EdgeSet present_;
  std::vector<Edge> edges_;
};

/// One attempt at a simple graph with all degrees equal; nothing if a bad pair found no partner.
std::optional<std::vector<Edge>> pair_stubs(std::uint32_t nodes, std::uint32_t degree,
                                            DrawSequence draw) {
  std::vector<NodeId> stubs;
  stubs.reserve(std::size_t{nodes} * degree);
  for (NodeId node = 0; node < nodes; ++node) stubs.insert(stubs.end(), degree, node);
  draw.shuffle(std::span(stubs));
  Switcher graph(stubs.size() / 2);
  std::vector<Edge> bad;
  for (std::size_t i = 0; i < stubs.size(); i += 2) {
    const Edge edge{stubs[i], stubs[i + 1]};
    if (!graph.add(edge)) bad.push_back(edge);
  }
  for (const Edge& edge : bad) {
    int tries = 0;
    while (!graph.repair(edge, draw)) {
      if (++tries == max_switch_tries) return std::nullopt;
    }
  }
  // Repair favours some graphs. Where repairs are few in many edges that vanishes (Janson, "Random
  // graphs with given vertex degrees and switchings", 2020); else the switch chain, whose steps are
  // symmetric, leads to the uniform distribution.
  const bool few = std::uint64_t{degree} * degree * 100 <= nodes;
  const std::size_t steps = few || bad.empty() ? 0 : graph.edges().size() * 2;
  for (std::size_t i = 0; i < steps; ++i) graph.mix(draw);
  return graph.edges();
}

void require_regular(std::uint32_t nodes, std::uint32_t degree) {
  require_nodes(nodes);
  const std::string given = " = " + std::to_string(degree);
  const std::string of = " of " + std::to_string(nodes) + " nodes";
  if (degree >= nodes) {
    throw TopologyError("topology.degree", given + " is too large: each" + of + " has only " +
                                               std::to_string(nodes - 1) + " others");
  }
  if (degree == 0 && nodes > 1) {
    throw TopologyError("topology.degree", given + " leaves every node alone: use 3 or more");
  }
  if (nodes % 2 == 1 && degree % 2 == 1) {
    throw TopologyError("topology.degree",
                        given + " is impossible: an odd degree for each" + of +
                            " has half a link left over; make the degree or the nodes even");
  }
  require_edges("topology.degree", degree, std::uint64_t{nodes} * degree / 2);
}

void require_probability(const char* key, std::uint64_t parts) {
  if (parts <= billion) return;
  throw TopologyError(key,
                      " = " + std::to_string(parts) +
                          " parts per billion is a probability above 1: use at most 1000000000");
}

/// -ln(1 - p) in 2^-62, p <= 1/2, by its power series.
std::uint64_t log_complement(std::uint64_t parts) {
  const auto p = static_cast<std::uint64_t>((Uint128{parts} << 62) / billion);
  std::uint64_t sum = 0;
  std::uint64_t power = p;
  for (std::uint64_t k = 1; power != 0; ++k) {
    sum += power / k;
    power = static_cast<std::uint64_t>((Uint128{power} * p) >> 62);
  }
  return sum;
}

}  // namespace

Topology random_regular(std::uint32_t nodes, std::uint32_t degree, std::uint64_t seed) {
  require_regular(nodes, degree);
  if (degree + 1 == nodes) return full_mesh(nodes);
  const bool dense = degree > (nodes - 1) / 2;
  const std::uint32_t drawn = dense ? nodes - 1 - degree : degree;
  for (std::uint64_t attempt = 0; attempt < max_attempts; ++attempt) {
    const auto edges =
        pair_stubs(nodes, drawn, DrawSequence(seed, Purpose("topology.random_regular"), attempt));
    if (!edges) continue;
    Topology out = build(nodes, *edges);
    if (dense) out = complement(out);
    if (degree < 3 || is_connected(out)) return out;
  }
  throw TopologyError("topology.degree", " = " + std::to_string(degree) + " for " +
                                             std::to_string(nodes) +
                                             " nodes found no connected graph in " +
                                             std::to_string(max_attempts) + " attempts: raise it");
}

Topology erdos_renyi(std::uint32_t nodes, std::uint64_t probability_ppb, std::uint64_t seed) {
  require_nodes(nodes);
  require_probability("topology.probability", probability_ppb);
  if (probability_ppb == billion) return full_mesh(nodes);
  const std::uint64_t pairs = std::uint64_t{nodes} * (nodes - 1) / 2;
  const auto expected = static_cast<std::uint64_t>(Uint128{pairs} * probability_ppb / billion);
  require_edges("topology.probability", probability_ppb, expected);
  const bool dense = probability_ppb > billion / 2;
  const std::uint64_t parts = dense ? billion - probability_ppb : probability_ppb;
  std::vector<Edge> edges;
  if (parts > 0) {
    // floor(Exp(lambda)) with lambda = -ln(1 - p) is geometric: the pairs passed over before a
    // link.
    const std::uint64_t lambda = log_complement(parts);
    DrawSequence draw(seed, Purpose("topology.erdos_renyi"));
    std::uint64_t column = 0;
    std::uint64_t row = 1;
    while (true) {
      const Duration skip = draw_exponential_ratio(draw.next(), std::uint64_t{1} << 62, lambda);
      column += static_cast<std::uint64_t>(skip.count());
      for (; row < nodes && column >= row; ++row) column -= row;
      if (row >= nodes) break;
      edges.emplace_back(static_cast<NodeId>(row), static_cast<NodeId>(column));
      ++column;
    }
  }
  Topology out = build(nodes, edges);
  return dense ? complement(out) : out;
}

Topology barabasi_albert(std::uint32_t nodes, std::uint32_t m, std::uint64_t seed) {
  require_nodes(nodes);
  const std::string given = " = " + std::to_string(m);
  if (m == 0) throw TopologyError("topology.m", given + " links no node to another: use 1 or more");
  if (m >= nodes) {
    throw TopologyError(
        "topology.m", given + " is too large: a new node cannot find that many of " +
                          std::to_string(nodes) + " nodes; use less than " + std::to_string(nodes));
  }
  require_edges("topology.m", m, std::uint64_t{nodes} * m);
  if (m + 1 == nodes) return full_mesh(nodes);
  std::vector<Edge> edges;
  std::vector<NodeId> ends;  // each node as often as its degree
  edges.reserve(std::size_t{nodes} * m);
  ends.reserve(std::size_t{nodes} * m * 2);
  const auto link = [&](NodeId a, NodeId b) {
    edges.emplace_back(a, b);
    ends.push_back(a);
    ends.push_back(b);
  };
  for (NodeId a = 0; a <= m; ++a) {
    for (NodeId b = a + 1; b <= m; ++b) link(a, b);
  }
  DrawSequence draw(seed, Purpose("topology.barabasi_albert"));
  std::vector<NodeId> chosen_by(nodes, no_node);
  std::vector<NodeId> chosen(m);
  for (NodeId node = m + 1; node < nodes; ++node) {
    for (NodeId& target : chosen) {
      do {
        target = ends[draw.below(ends.size())];
      } while (chosen_by[target] == node);
      chosen_by[target] = node;
    }
    for (const NodeId target : chosen) link(target, node);
  }
  return build(nodes, edges);
}

Topology watts_strogatz(std::uint32_t nodes, std::uint32_t k, std::uint64_t rewire_ppb,
                        std::uint64_t seed) {
  require_nodes(nodes);
  require_probability("topology.rewire", rewire_ppb);
  const std::string given = " = " + std::to_string(k);
  if (k == 0 || k % 2 == 1) {
    throw TopologyError("topology.k", given + " must be even and at least 2: half of the ring's " +
                                          "neighbours lie on each side; use " +
                                          std::to_string(k < 2 ? 2 : k - 1));
  }
  if (k >= nodes) {
    throw TopologyError("topology.k", given + " is too large for a ring of " +
                                          std::to_string(nodes) + " nodes: use less than " +
                                          std::to_string(nodes));
  }
  const std::uint64_t count = std::uint64_t{nodes} * (k / 2);
  require_edges("topology.k", k, count);
  std::vector<Edge> edges;
  edges.reserve(count);
  EdgeSet present(count);
  std::vector<std::uint32_t> degree(nodes, k);
  for (std::uint32_t distance = 1; distance <= k / 2; ++distance) {
    for (NodeId node = 0; node < nodes; ++node) {
      const auto far = static_cast<NodeId>((std::uint64_t{node} + distance) % nodes);
      edges.emplace_back(node, far);
      present.insert(node, far);
    }
  }
  // The paper's order: lap by lap, nearest neighbours first, clockwise.
  DrawSequence draw(seed, Purpose("topology.watts_strogatz"));
  for (Edge& edge : edges) {
    if (!draw.ppb(rewire_ppb) || degree[edge.first] == nodes - 1) continue;
    NodeId target = 0;
    do {
      target = static_cast<NodeId>(draw.below(nodes));
    } while (target == edge.first || present.contains(edge.first, target));
    present.erase(edge.first, edge.second);
    present.insert(edge.first, target);
    --degree[edge.second];
    ++degree[target];
    edge.second = target;
  }
  return build(nodes, edges);
}

}  // namespace ledgerlab
