// The analyses against graphs whose figures are known, and against brute force on small ones.
#include "sim/topology/analysis.hpp"

#include <gtest/gtest.h>

#include <bit>

namespace ledgerlab {
namespace {

Topology hypercube(std::uint32_t dimensions) {
  std::vector<Edge> edges;
  for (NodeId node = 0; node < 1u << dimensions; ++node) {
    for (std::uint32_t bit = 0; bit < dimensions; ++bit) {
      if (const NodeId other = node ^ (1u << bit); node < other) edges.emplace_back(node, other);
    }
  }
  return from_edges(1u << dimensions, edges);
}

Topology petersen() {
  std::vector<Edge> edges;
  for (NodeId i = 0; i < 5; ++i) {
    edges.emplace_back(i, (i + 1) % 5);
    edges.emplace_back(i, i + 5);
    edges.emplace_back(i + 5, (i + 2) % 5 + 5);
  }
  return from_edges(10, edges);
}

Topology cycle(std::uint32_t nodes) {
  std::vector<Edge> edges;
  for (NodeId i = 0; i < nodes; ++i) edges.emplace_back(i, (i + 1) % nodes);
  return from_edges(nodes, edges);
}

Topology path(std::uint32_t nodes) {
  std::vector<Edge> edges;
  for (NodeId i = 0; i + 1 < nodes; ++i) edges.emplace_back(i, i + 1);
  return from_edges(nodes, edges);
}

void expect_exact(const TopologyReport& report, std::uint32_t diameter, double path_mean,
                  std::uint32_t nodes_cut, std::uint32_t edges_cut) {
  EXPECT_TRUE(report.diameter.exact() && report.path_mean.exact());
  EXPECT_TRUE(report.node_connectivity.exact() && report.edge_connectivity.exact());
  EXPECT_EQ(report.diameter.value, diameter);
  EXPECT_NEAR(report.path_mean.value, path_mean, 1e-12);
  EXPECT_EQ(report.node_connectivity.value, nodes_cut);
  EXPECT_EQ(report.edge_connectivity.value, edges_cut);
}

TEST(Analysis, KnownGraphs) {
  expect_exact(analyse(hypercube(6), 1), 6, 192.0 / 63, 6, 6);
  expect_exact(analyse(petersen(), 1), 2, 5.0 / 3, 3, 3);
  expect_exact(analyse(cycle(11), 1), 5, 3.0, 2, 2);
  expect_exact(analyse(path(10), 1), 9, 11.0 / 3, 1, 1);
  expect_exact(analyse(star(10, 4), 1), 2, 1.8, 1, 1);
  expect_exact(analyse(full_mesh(7), 1), 1, 1.0, 6, 6);
  expect_exact(analyse(full_mesh(1), 1), 0, 0.0, 0, 0);
  expect_exact(analyse(star(1, 0), 1), 0, 0.0, 0, 0);
  // Two meshes of five joined at the gateways: one node cuts it, and one link.
  expect_exact(analyse(hierarchy(2, 5, SiteShape::mesh), 1), 3, 85.0 / 45, 1, 1);
}

TEST(Analysis, NodeAndLinkConnectivityDiffer) {
  // Two cliques of five that share node 4: the node cuts, but four links must fall.
  std::vector<Edge> edges;
  for (const NodeId base : {0u, 4u}) {
    for (NodeId a = 0; a < 5; ++a) {
      for (NodeId b = a + 1; b < 5; ++b) edges.emplace_back(base + a, base + b);
    }
  }
  const auto report = analyse(from_edges(9, edges), 1);
  EXPECT_EQ(report.node_connectivity.value, 1u);
  EXPECT_EQ(report.edge_connectivity.value, 4u);
  EXPECT_EQ(report.degree_min, 4u);
  EXPECT_EQ(report.degree_max, 8u);
}

std::uint32_t parts_without(const Topology& topology, std::uint32_t removed) {
  std::uint32_t seen = removed;
  std::uint32_t parts = 0;
  for (NodeId start = 0; start < topology.nodes; ++start) {
    if (seen >> start & 1) continue;
    ++parts;
    std::uint32_t open = 1u << start;
    while (open != 0) {
      const auto node = static_cast<NodeId>(std::countr_zero(open));
      open &= open - 1;
      seen |= 1u << node;
      topology.for_each_neighbour(node, [&](NodeId other) {
        if (!(seen >> other & 1)) open |= 1u << other;
      });
    }
  }
  return parts;
}

TEST(Analysis, ConnectivityAgreesWithBruteForce) {
  for (std::uint64_t s = 0; s < 60; ++s) {
    const std::uint32_t n = 8 + s % 3;
    const Topology graph = erdos_renyi(n, 250'000'000 + s % 5 * 100'000'000, s);
    const auto report = analyse(graph, s);
    EXPECT_EQ(report.components, parts_without(graph, 0));
    std::uint32_t nodes_cut = n - 1;
    std::uint32_t edges_cut = 1'000;
    for (std::uint32_t set = 0; set < 1u << n; ++set) {
      const auto size = static_cast<std::uint32_t>(std::popcount(set));
      if (size < n && parts_without(graph, set) > 1) nodes_cut = std::min(nodes_cut, size);
      if (size == 0 || size == n) continue;
      std::uint32_t crossing = 0;
      for (NodeId a = 0; a < n; ++a) {
        if (!(set >> a & 1)) continue;
        graph.for_each_neighbour(a, [&](NodeId b) { crossing += !(set >> b & 1); });
      }
      edges_cut = std::min(edges_cut, crossing);
    }
    ASSERT_TRUE(report.node_connectivity.exact() && report.edge_connectivity.exact());
    EXPECT_EQ(report.node_connectivity.value, nodes_cut) << s;
    EXPECT_EQ(report.edge_connectivity.value, edges_cut) << s;
    if (!report.connected()) continue;
    std::uint32_t crossing = 0;  // the side it names is a cut of that size, the lesser one
    for (const NodeId a : report.cut_side) {
      graph.for_each_neighbour(a, [&](NodeId b) {
        crossing += !std::binary_search(report.cut_side.begin(), report.cut_side.end(), b);
      });
    }
    EXPECT_EQ(crossing, edges_cut) << s;
    EXPECT_LE(report.cut_side.size() * 2, n);
  }
}

TEST(Analysis, DisconnectedGraphsSayHowManyParts) {
  const auto report = analyse(from_edges(6, std::vector<Edge>{{0, 1}, {1, 2}, {3, 4}}), 1);
  EXPECT_FALSE(report.connected());
  EXPECT_EQ(report.components, 3u);
  EXPECT_EQ(report.diameter.value, 2u);
  EXPECT_NEAR(report.path_mean.value, 10.0 / 8, 1e-12);
  EXPECT_EQ(report.node_connectivity.value, 0u);
  EXPECT_EQ(describe(report)[2].second, "no, 3 parts");
  EXPECT_NE(describe(report)[4].second.find("between pairs"), std::string::npos);
}

TEST(Analysis, LargeGraphsGetBoundsAndSayThey) {
  const Topology graph = hypercube(12);
  const auto report = analyse(graph, 1);
  EXPECT_EQ(report.diameter.certainty, Certainty::at_least);
  EXPECT_EQ(report.diameter.value, 12u);  // every sweep of a hypercube finds it
  EXPECT_EQ(report.path_mean.certainty, Certainty::sampled);
  EXPECT_NEAR(report.path_mean.value, 12 * 2'048.0 / 4'095, 1e-9);
  EXPECT_EQ(report.node_connectivity.certainty, Certainty::at_most);
  EXPECT_EQ(report.node_connectivity.value, 12u);
  EXPECT_EQ(describe(report)[4].second, "at least 12 hops");
  EXPECT_EQ(describe(report)[6].second, "at most 12");
}

TEST(Analysis, BoundsHoldAgainstTheExactFigures) {
  AnalysisLimits cheap;
  cheap.exact_path_work = 0;
  cheap.exact_cut_nodes = 10;
  cheap.exact_min_cut_nodes = 10;
  for (std::uint64_t s = 0; s < 10; ++s) {
    const Topology graph = erdos_renyi(150, 40'000'000, s);
    const auto exact = analyse(graph, s);
    const auto bound = analyse(graph, s, cheap);
    EXPECT_LE(bound.diameter.value, exact.diameter.value);
    EXPECT_GE(bound.diameter.value + 1, exact.diameter.value);
    EXPECT_GE(bound.node_connectivity.value, exact.node_connectivity.value);
    EXPECT_GE(bound.edge_connectivity.value, exact.edge_connectivity.value);
    EXPECT_NEAR(bound.path_mean.value, exact.path_mean.value, 0.1 * exact.path_mean.value);
  }
}

TEST(Analysis, TheSmallestCutNamesItsSide) {
  // Two meshes of five joined at the gateways 0 and 5.
  const auto report = analyse(hierarchy(2, 5, SiteShape::mesh), 1);
  EXPECT_EQ(report.cut_side.size(), 5u);
  const std::string text = describe(report)[8].second;
  EXPECT_TRUE(text == "1 link parts 5 nodes (0, 1, 2, 3, 4) from the rest" ||
              text == "1 link parts 5 nodes (5, 6, 7, 8, 9) from the rest")
      << text;
  EXPECT_EQ(describe(analyse(star(5, 2), 1))[8].second, "1 link parts node 0 from the rest");
  EXPECT_EQ(describe(analyse(from_edges(4, std::vector<Edge>{{0, 1}}), 1))[8].second, "none");
}

TEST(Analysis, BetweennessByHand) {
  const auto hub = analyse(star(10, 4), 1);  // every path of others leads through the hub
  EXPECT_EQ(hub.between_most, 4u);
  EXPECT_NEAR(hub.between_max.value, 1.0, 1e-12);
  EXPECT_NEAR(hub.between_mean.value, 0.1, 1e-12);
  // A path of five: the middle lies between 2 * 2 of the 6 pairs of the others.
  const auto line = analyse(path(5), 1);
  EXPECT_EQ(line.between_most, 2u);
  EXPECT_NEAR(line.between_max.value, 4.0 / 6, 1e-12);
  EXPECT_NEAR(line.between_mean.value, (0 + 3 + 4 + 3 + 0) / 6.0 / 5, 1e-12);
  // A square: of the two shortest paths between opposite corners each other corner has one.
  EXPECT_NEAR(analyse(cycle(4), 1).between_max.value, 0.5 / 3, 1e-12);
  EXPECT_EQ(analyse(full_mesh(9), 1).between_max.value, 0.0);
}

TEST(Analysis, SampledBetweennessSaysSoAndIsNear) {
  AnalysisLimits cheap;
  cheap.exact_between_work = 0;
  const Topology graph = barabasi_albert(400, 3, 5);
  const auto exact = analyse(graph, 5);
  const auto sampled = analyse(graph, 5, cheap);
  EXPECT_TRUE(exact.between_max.exact());
  EXPECT_EQ(sampled.between_max.certainty, Certainty::sampled);
  EXPECT_NEAR(sampled.between_max.value, exact.between_max.value, 0.25 * exact.between_max.value);
  EXPECT_NEAR(sampled.between_mean.value, exact.between_mean.value,
              0.05 * exact.between_mean.value);
  EXPECT_EQ(describe(sampled)[9].second.find("about "), 0u);
}

TEST(Analysis, SinglePointsOfFailureAreFoundInLargeGraphsToo) {
  const auto report = analyse(hierarchy(100, 10, SiteShape::mesh), 1);
  EXPECT_EQ(report.nodes, 1'000u);
  EXPECT_EQ(report.degree_min, 9u);
  EXPECT_TRUE(report.node_connectivity.exact());
  EXPECT_EQ(report.node_connectivity.value, 1u);
  EXPECT_EQ(report.edge_connectivity.certainty, Certainty::at_most);
}

}  // namespace
}  // namespace ledgerlab
