// The graph itself, its deterministic shapes (mesh, star, hierarchy, given edges) and the table of
// kinds. The drawn graphs are in generators.cpp and published.cpp.
#include "sim/topology/topology.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "sim/topology/build.hpp"

namespace ledgerlab {

std::uint32_t Topology::degree(NodeId node) const {
  return complete ? nodes - 1 : offsets[node + 1] - offsets[node];
}

std::uint64_t Topology::edges() const {
  return complete ? std::uint64_t{nodes} * (nodes - 1) / 2 : neighbours.size() / 2;
}

std::span<const NodeId> Topology::row(NodeId node) const {
  if (complete) throw std::logic_error("a full mesh has no rows: use for_each_neighbour");
  return std::span(neighbours).subspan(offsets[node], offsets[node + 1] - offsets[node]);
}

bool Topology::adjacent(NodeId a, NodeId b) const {
  if (complete) return a != b && a < nodes && b < nodes;
  const auto list = row(a);
  return std::binary_search(list.begin(), list.end(), b);
}

namespace topology_detail {

void require_nodes(std::uint32_t nodes) {
  if (nodes == 0) throw TopologyError("topology.nodes", " = 0: a network needs at least one node");
}

void require_edges(std::string key, std::uint64_t value, std::uint64_t edges) {
  if (edges <= max_topology_edges) return;
  throw TopologyError(std::move(key),
                      " = " + std::to_string(value) + " asks for " + std::to_string(edges) +
                          " links, more than " + std::to_string(max_topology_edges) +
                          ": lower it, or use kind = \"full-mesh\", which stores no links");
}

Topology build(std::uint32_t nodes, std::span<const Edge> edges) {
  std::vector<std::uint32_t> offsets(std::size_t{nodes} + 1, 0);
  for (const Edge& edge : edges) {
    ++offsets[edge.first + 1];
    ++offsets[edge.second + 1];
  }
  for (std::size_t i = 1; i < offsets.size(); ++i) offsets[i] += offsets[i - 1];
  std::vector<NodeId> unsorted(edges.size() * 2);
  std::vector<std::uint32_t> place(offsets.begin(), offsets.end() - 1);
  for (const Edge& edge : edges) {
    unsorted[place[edge.first]++] = edge.second;
    unsorted[place[edge.second]++] = edge.first;
  }
  // The graph is its own transpose: writing it out row by row leaves every row ascending.
  Topology out{nodes, false, std::move(offsets), std::vector<NodeId>(unsorted.size())};
  std::copy(out.offsets.begin(), out.offsets.end() - 1, place.begin());
  for (NodeId node = 0; node < nodes; ++node) {
    for (std::uint32_t i = out.offsets[node]; i < out.offsets[node + 1]; ++i) {
      out.neighbours[place[unsorted[i]]++] = node;
    }
  }
  return out;
}

Topology complement(const Topology& topology) {
  const std::uint32_t n = topology.nodes;
  Topology out{n, false, {0}, {}};
  out.offsets.reserve(std::size_t{n} + 1);
  out.neighbours.reserve(std::uint64_t{n} * (n - 1) - topology.neighbours.size());
  for (NodeId node = 0; node < n; ++node) {
    const auto list = topology.row(node);
    auto skip = list.begin();
    for (NodeId other = 0; other < n; ++other) {
      if (skip != list.end() && *skip == other) {
        ++skip;
      } else if (other != node) {
        out.neighbours.push_back(other);
      }
    }
    out.offsets.push_back(static_cast<std::uint32_t>(out.neighbours.size()));
  }
  return out;
}

}  // namespace topology_detail

using namespace topology_detail;

Topology from_edges(std::uint32_t nodes, std::span<const Edge> edges) {
  require_nodes(nodes);
  require_edges("topology.edges", edges.size(), edges.size());
  const auto fail = [&](std::size_t index, const std::string& why) {
    throw TopologyError("topology.edges", "[" + std::to_string(index) + "] = [" +
                                              std::to_string(edges[index].first) + ", " +
                                              std::to_string(edges[index].second) + "] " + why);
  };
  std::vector<std::pair<Edge, std::size_t>> sorted;
  sorted.reserve(edges.size());
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto low = std::min(edges[i].first, edges[i].second);
    const auto high = std::max(edges[i].first, edges[i].second);
    if (high >= nodes) {
      fail(i, "names a node that is not there: nodes are 0 to " + std::to_string(nodes - 1));
    }
    if (low == high) fail(i, "links a node to itself: remove it");
    sorted.push_back({{low, high}, i});
  }
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].first != sorted[i - 1].first) continue;
    fail(sorted[i].second, "repeats the link of entry " + std::to_string(sorted[i - 1].second) +
                               ": links are undirected, list each once");
  }
  return build(nodes, edges);
}

Topology full_mesh(std::uint32_t nodes) {
  require_nodes(nodes);
  return Topology{nodes, true, {}, {}};
}

Topology star(std::uint32_t nodes, NodeId hub) {
  require_nodes(nodes);
  if (hub >= nodes) {
    throw TopologyError("topology.hub", " = " + std::to_string(hub) +
                                            " is not a node: choose one from 0 to " +
                                            std::to_string(nodes - 1));
  }
  std::vector<Edge> edges;
  edges.reserve(nodes - 1);
  for (NodeId node = 0; node < nodes; ++node) {
    if (node != hub) edges.emplace_back(hub, node);
  }
  return build(nodes, edges);
}

Topology hierarchy(std::uint32_t organisations, std::uint32_t sites_per_organisation,
                   SiteShape within) {
  const std::uint64_t groups = organisations;
  const std::uint64_t sites = sites_per_organisation;
  if (groups == 0) {
    throw TopologyError("topology.organisations", " = 0: a hierarchy needs at least one");
  }
  if (sites == 0) {
    throw TopologyError("topology.sites_per_organisation",
                        " = 0: every organisation needs at least its gateway, so 1 or more");
  }
  if (groups * sites >= no_node) {
    throw TopologyError("topology.organisations",
                        " = " + std::to_string(groups) + " with " + std::to_string(sites) +
                            " sites each is more than 2^32 nodes: lower one of them");
  }
  require_edges("topology.organisations", groups, groups * (groups - 1) / 2);
  const std::uint64_t inside = within == SiteShape::mesh ? sites * (sites - 1) / 2 : sites - 1;
  if (inside > 0) {
    // Compared by division: groups * inside may not fit into 64 bits.
    const std::uint64_t room = max_topology_edges / inside;
    require_edges("topology.sites_per_organisation", sites,
                  groups > room ? std::max(inside, max_topology_edges + 1) : 0);
  }
  std::vector<Edge> edges;
  for (NodeId a = 0; a < groups; ++a) {
    for (NodeId b = a + 1; b < groups; ++b) {
      edges.emplace_back(a * sites_per_organisation, b * sites_per_organisation);
    }
  }
  for (NodeId organisation = 0; organisation < groups; ++organisation) {
    const NodeId gateway = organisation * sites_per_organisation;
    const NodeId hubs = within == SiteShape::mesh ? sites_per_organisation : 1;
    for (NodeId a = 0; a < hubs; ++a) {
      for (NodeId b = a + 1; b < sites; ++b) edges.emplace_back(gateway + a, gateway + b);
    }
  }
  return build(static_cast<std::uint32_t>(groups * sites), edges);
}

bool is_connected(const Topology& topology) {
  if (topology.complete || topology.nodes <= 1) return true;
  std::vector<bool> seen(topology.nodes, false);
  std::vector<NodeId> open{0};
  seen[0] = true;
  std::uint32_t reached = 1;
  while (!open.empty()) {
    const NodeId node = open.back();
    open.pop_back();
    for (const NodeId other : topology.row(node)) {
      if (seen[other]) continue;
      seen[other] = true;
      ++reached;
      open.push_back(other);
    }
  }
  return reached == topology.nodes;
}

namespace {

constexpr std::array<std::string_view, 9> kind_names{
    "full-mesh", "random-regular", "erdos-renyi", "barabasi-albert", "watts-strogatz",
    "star",      "hierarchy",      "out-degree",  "connections"};

}  // namespace

std::span<const std::string_view> topology_kind_names() { return kind_names; }

std::string_view topology_kind_name(TopologyKind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

TopologyKind parse_topology_kind(std::string_view name) {
  std::string known;
  for (std::size_t i = 0; i < kind_names.size(); ++i) {
    if (kind_names[i] == name) return static_cast<TopologyKind>(i);
    known += (i == 0 ? "" : ", ") + std::string(kind_names[i]);
  }
  throw TopologyError("topology.kind",
                      " = \"" + std::string(name) + "\" is unknown: choose one of " + known);
}

Topology make_topology(const TopologySpec& spec, std::uint64_t seed) {
  switch (spec.kind) {
    case TopologyKind::full_mesh:
      return full_mesh(spec.nodes);
    case TopologyKind::random_regular:
      return random_regular(spec.nodes, spec.degree, seed);
    case TopologyKind::erdos_renyi:
      return erdos_renyi(spec.nodes, spec.probability_ppb, seed);
    case TopologyKind::barabasi_albert:
      return barabasi_albert(spec.nodes, spec.m, seed);
    case TopologyKind::watts_strogatz:
      return watts_strogatz(spec.nodes, spec.k, spec.rewire_ppb, seed);
    case TopologyKind::star:
      return star(spec.nodes, spec.hub);
    case TopologyKind::out_degree: {
      if (!spec.degree_cdf_ppb.empty()) return out_degrees(spec.nodes, spec.degree_cdf_ppb, seed);
      if (spec.degree == 0 || spec.degree >= spec.nodes) {
        throw TopologyError("topology.degree", " = " + std::to_string(spec.degree) +
                                                   " links cannot be opened by each of " +
                                                   std::to_string(spec.nodes) +
                                                   " nodes: use 1 to one less than the nodes");
      }
      std::vector<std::uint64_t> all_alike(spec.degree, 0);
      all_alike.back() = 1'000'000'000;
      return out_degrees(spec.nodes, all_alike, seed);
    }
    case TopologyKind::connections:
      return connection_ranges(spec.nodes, spec.ranges, spec.core, spec.core_from, spec.core_to,
                               seed);
    case TopologyKind::hierarchy:
      break;
  }
  const std::uint64_t made = std::uint64_t{spec.organisations} * spec.sites_per_organisation;
  if (made != spec.nodes) {
    throw TopologyError("topology.organisations",
                        " = " + std::to_string(spec.organisations) + " with " +
                            std::to_string(spec.sites_per_organisation) + " sites each makes " +
                            std::to_string(made) + " nodes, but the system has " +
                            std::to_string(spec.nodes) +
                            ": let organisations * sites_per_organisation equal the nodes");
  }
  return hierarchy(spec.organisations, spec.sites_per_organisation, spec.within);
}

}  // namespace ledgerlab
