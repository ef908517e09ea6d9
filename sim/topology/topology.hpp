// Who is linked to whom: the overlay graph of a world, and its generators. Every generator is a
// pure function of its parameters and the seed, with draws of its own: compared systems meet one
// network.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/ids.hpp"

namespace ledgerlab {

/// An impossible graph or placement. The text names the key, its value and the likely fix.
class TopologyError : public std::invalid_argument {
 public:
  TopologyError(std::string key, const std::string& text)
      : std::invalid_argument(key + text), key_(std::move(key)) {}
  /// The scenario key at fault ("topology.degree"), for the resolver's line and column.
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// An undirected simple graph in compressed rows; a full mesh is a flag and costs no memory.
struct Topology {
  std::uint32_t nodes = 0;
  bool complete = false;               // all to all: offsets and neighbours are empty
  std::vector<std::uint32_t> offsets;  // nodes + 1 entries
  std::vector<NodeId> neighbours;      // each row ascending; every edge stands in two rows

  std::uint32_t degree(NodeId node) const;
  std::uint64_t edges() const;
  bool adjacent(NodeId a, NodeId b) const;
  /// The row of a node. Only for graphs that are not `complete`: a full mesh has no rows.
  std::span<const NodeId> row(NodeId node) const;

  /// Calls visit(neighbour) in ascending order, for full meshes too.
  template <typename Visit>
  void for_each_neighbour(NodeId node, Visit&& visit) const {
    if (complete) {
      for (NodeId other = 0; other < nodes; ++other) {
        if (other != node) visit(other);
      }
      return;
    }
    for (const NodeId other : row(node)) visit(other);
  }
  friend bool operator==(const Topology&, const Topology&) = default;
};

using Edge = std::pair<NodeId, NodeId>;

/// More explicit edges than this are refused: they would take gigabytes.
inline constexpr std::uint64_t max_topology_edges = 100'000'000;

/// Exactly these edges. Refuses loops, repeated edges and nodes out of range, with the edge's
/// index.
Topology from_edges(std::uint32_t nodes, std::span<const Edge> edges);

Topology full_mesh(std::uint32_t nodes);

/// Every node linked to `hub` only.
Topology star(std::uint32_t nodes, NodeId hub);

enum class SiteShape : std::uint8_t { mesh, star };

/// Two levels: organisation o owns the nodes [o * sites, (o + 1) * sites), the first is its
/// gateway. Gateways are meshed; the sites of an organisation are meshed, or a star around the
/// gateway.
Topology hierarchy(std::uint32_t organisations, std::uint32_t sites_per_organisation,
                   SiteShape within);

/// Every node has `degree` neighbours: stubs paired at random (Bollobas' configuration model),
/// loops and repeated edges repaired by drawn edge switches; where repairs weigh (nodes < 100
/// degree^2) two more switches an edge lead towards the uniform distribution over such graphs. From
/// degree 3 on the graph is connected: a disconnected one is thrown away and the next attempt takes
/// fresh draws. A degree above (nodes - 1) / 2 is the complement of a sparse one.
Topology random_regular(std::uint32_t nodes, std::uint32_t degree, std::uint64_t seed);

/// G(n, p): every pair is linked with probability parts / 10^9, independently; may be disconnected.
/// Skips from edge to edge by geometric draws (Batagelj and Brandes, Phys. Rev. E 71, 2005).
Topology erdos_renyi(std::uint32_t nodes, std::uint64_t probability_ppb, std::uint64_t seed);

/// Preferential attachment (Barabasi and Albert, Science 286, 1999): from a clique of m + 1 nodes,
/// each new node links to m different earlier ones, drawn in proportion to their degree.
Topology barabasi_albert(std::uint32_t nodes, std::uint32_t m, std::uint64_t seed);

/// Small world (Watts and Strogatz, Nature 393, 1998): a ring with k neighbours each (k even),
/// every edge rewired at its far end with probability parts / 10^9, never to a loop or a repeated
/// edge.
Topology watts_strogatz(std::uint32_t nodes, std::uint32_t k, std::uint64_t rewire_ppb,
                        std::uint64_t seed);

/// Each node opens links to so many different others, drawn evenly, and every link serves both ways:
/// how SimBlock and Bitcoin's nodes find their peers (published.cpp). `at_most_ppb[i]` is the share
/// of the nodes, in parts per 10^9, that open i + 1 links or fewer: ascending, the last one whole.
/// Connected; else the next attempt takes fresh draws. Time and memory are O(links).
Topology out_degrees(std::uint32_t nodes, std::span<const std::uint64_t> at_most_ppb,
                     std::uint64_t seed);

/// So many of the nodes, by weight, want from `from` to `to` links and take up to `spare` more.
struct ConnectionRange {
  std::uint32_t from = 1;
  std::uint32_t to = 1;
  std::uint32_t spare = 0;
  std::uint64_t weight = 1;
};

/// The rule of Bitcoin-Simulator (published.cpp): the first `core` nodes, the miners, are linked
/// with each other and want `core_from` to `core_to` links each; the others draw theirs from
/// `ranges`. Cores first, then all others in their order, open links to drawn nodes that are not
/// full. Connected; else the next attempt takes fresh draws. Time and memory are O(links).
Topology connection_ranges(std::uint32_t nodes, std::span<const ConnectionRange> ranges,
                           std::uint32_t core, std::uint32_t core_from, std::uint32_t core_to,
                           std::uint64_t seed);

/// True if every node reaches every other.
bool is_connected(const Topology& topology);

enum class TopologyKind : std::uint8_t {
  full_mesh,
  random_regular,
  erdos_renyi,
  barabasi_albert,
  watts_strogatz,
  star,
  hierarchy,
  out_degree,
  connections
};

/// The parameters of a generator as a scenario gives them; each kind reads its own only.
struct TopologySpec {
  TopologyKind kind = TopologyKind::full_mesh;
  std::uint32_t nodes = 0;
  std::uint32_t degree = 8;           // random_regular
  std::uint64_t probability_ppb = 0;  // erdos_renyi
  std::uint32_t m = 4;                // barabasi_albert
  std::uint32_t k = 8;                // watts_strogatz
  std::uint64_t rewire_ppb = 100'000'000;
  NodeId hub = 0;                   // star
  std::uint32_t organisations = 1;  // hierarchy: organisations * sites = nodes
  std::uint32_t sites_per_organisation = 1;
  SiteShape within = SiteShape::mesh;
  std::vector<std::uint64_t> degree_cdf_ppb;  // out_degree; empty: `degree` links each
  std::vector<ConnectionRange> ranges;        // connections
  std::uint32_t core = 0;
  std::uint32_t core_from = 0;
  std::uint32_t core_to = 0;
};

/// The scenario's name of a kind ("random-regular"); parse throws with the names there are.
std::string_view topology_kind_name(TopologyKind kind);
TopologyKind parse_topology_kind(std::string_view name);
std::span<const std::string_view> topology_kind_names();

Topology make_topology(const TopologySpec& spec, std::uint64_t seed);

}  // namespace ledgerlab
