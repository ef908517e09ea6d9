// The generators: shapes, degree laws, refusals, and golden digests that notice any change.
#include "sim/topology/topology.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "sim/topology/analysis.hpp"
#include "sim/topology/edge_set.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint64_t seed = 7;

/// FNV-1a over nodes, flag and rows.
std::uint64_t digest(const Topology& topology) {
  std::uint64_t hash = 14695981039346656037u;
  const auto add = [&](std::uint32_t word) {
    for (int i = 0; i < 4; ++i) hash = (hash ^ (word >> (8 * i) & 0xff)) * 1099511628211u;
  };
  add(topology.nodes);
  add(topology.complete ? 1 : 0);
  for (const std::uint32_t offset : topology.offsets) add(offset);
  for (const NodeId node : topology.neighbours) add(node);
  return hash;
}

/// Rows ascending, no loops, every edge in both rows.
void expect_simple(const Topology& topology) {
  ASSERT_EQ(topology.offsets.size(), topology.nodes + 1u);
  ASSERT_EQ(topology.offsets.back(), topology.neighbours.size());
  for (NodeId node = 0; node < topology.nodes; ++node) {
    const auto row = topology.row(node);
    for (std::size_t i = 0; i < row.size(); ++i) {
      ASSERT_NE(row[i], node);
      ASSERT_LT(row[i], topology.nodes);
      if (i > 0) {
        ASSERT_LT(row[i - 1], row[i]);
      }
      ASSERT_TRUE(topology.adjacent(row[i], node));
    }
  }
}

template <typename Make>
std::string refusal(Make&& make) {
  try {
    make();
  } catch (const TopologyError& error) {
    EXPECT_EQ(std::string(error.what()).rfind(error.key(), 0), 0u);
    return error.what();
  }
  return "accepted";
}

/// Mean share of a node's neighbour pairs that are linked.
double clustering(const Topology& topology) {
  double sum = 0;
  for (NodeId node = 0; node < topology.nodes; ++node) {
    const auto row = topology.row(node);
    std::uint64_t linked = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      for (std::size_t j = i + 1; j < row.size(); ++j) linked += topology.adjacent(row[i], row[j]);
    }
    const auto pairs = row.size() * (row.size() - 1) / 2;
    if (pairs > 0) sum += static_cast<double>(linked) / static_cast<double>(pairs);
  }
  return sum / topology.nodes;
}

TEST(Topology, FullMeshCostsNoMemory) {
  const Topology mesh = full_mesh(1'000'000);
  EXPECT_TRUE(mesh.complete);
  EXPECT_TRUE(mesh.offsets.empty() && mesh.neighbours.empty());
  EXPECT_EQ(mesh.degree(5), 999'999u);
  EXPECT_EQ(mesh.edges(), 1'000'000ull * 999'999 / 2);
  EXPECT_TRUE(mesh.adjacent(0, 999'999));
  EXPECT_FALSE(mesh.adjacent(3, 3));
  EXPECT_THROW(mesh.row(0), std::logic_error);
  std::vector<NodeId> seen;
  full_mesh(4).for_each_neighbour(2, [&](NodeId other) { seen.push_back(other); });
  EXPECT_EQ(seen, (std::vector<NodeId>{0, 1, 3}));
}

TEST(Topology, StarAndHierarchyAreWhatTheySay) {
  const Topology wheel = star(6, 2);
  expect_simple(wheel);
  EXPECT_EQ(wheel.degree(2), 5u);
  EXPECT_EQ(wheel.degree(0), 1u);
  EXPECT_EQ(star(1, 0).edges(), 0u);

  const Topology meshed = hierarchy(3, 4, SiteShape::mesh);
  expect_simple(meshed);
  EXPECT_EQ(meshed.nodes, 12u);
  EXPECT_EQ(meshed.edges(), 3u + 3 * 6);
  EXPECT_EQ(meshed.degree(4), 3u + 2);  // the gateway of organisation 1
  EXPECT_TRUE(meshed.adjacent(4, 8));
  EXPECT_FALSE(meshed.adjacent(5, 9));
  EXPECT_TRUE(meshed.adjacent(5, 6));

  const Topology starred = hierarchy(3, 4, SiteShape::star);
  expect_simple(starred);
  EXPECT_EQ(starred.edges(), 3u + 3 * 3);
  EXPECT_FALSE(starred.adjacent(5, 6));
  EXPECT_TRUE(starred.adjacent(4, 7));
}

TEST(Topology, RandomRegularIsSimpleRegularAndConnected) {
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> cases{
      {4, 3},   {5, 2},    {6, 3},    {6, 4},     {8, 3},     {8, 5},      {9, 4},
      {10, 9},  {20, 3},   {21, 16},  {50, 24},   {50, 25},   {101, 50},   {200, 7},
      {999, 4}, {1000, 3}, {1000, 8}, {300, 149}, {300, 290}, {10'000, 12}};
  for (const auto& [nodes, degree] : cases) {
    for (std::uint64_t s = 0; s < (nodes < 100 ? 50u : 3u); ++s) {
      const Topology graph = random_regular(nodes, degree, s);
      if (graph.complete) {
        EXPECT_EQ(degree, nodes - 1);
        continue;
      }
      expect_simple(graph);
      for (NodeId node = 0; node < nodes; ++node) ASSERT_EQ(graph.degree(node), degree);
      if (degree >= 3) {
        EXPECT_TRUE(is_connected(graph)) << nodes << " " << degree;
      }
    }
  }
}

TEST(Topology, RandomRegularReachesEveryCubicGraphOnSixNodes) {
  // Two cubic graphs on 6 nodes: K(3,3) in 10 labellings, the prism in 60. Uniform: 1 in 7 is
  // K(3,3).
  std::set<std::uint64_t> seen;
  int bipartite = 0;
  for (std::uint64_t s = 0; s < 2'000; ++s) {
    const Topology graph = random_regular(6, 3, s);
    seen.insert(digest(graph));
    bipartite += clustering(graph) == 0;
  }
  EXPECT_EQ(seen.size(), 70u);
  EXPECT_NEAR(bipartite / 2'000.0, 1.0 / 7, 0.025);  // three standard errors
}

TEST(Topology, ErdosRenyiHasTheBinomialMean) {
  // n(n-1)/2 = 1,999,000 pairs; three standard errors over 20 seeds.
  for (const std::uint64_t parts : {1'000'000ull, 5'000'000ull, 100'000'000ull, 800'000'000ull}) {
    double sum = 0;
    for (std::uint64_t s = 0; s < 20; ++s) {
      sum += static_cast<double>(erdos_renyi(2'000, parts, s).edges());
    }
    const double p = static_cast<double>(parts) / 1e9;
    const double mean = 1'999'000 * p;
    const double error = std::sqrt(mean * (1 - p) / 20);
    EXPECT_NEAR(sum / 20, mean, 3 * error) << parts;
  }
  expect_simple(erdos_renyi(500, 20'000'000, seed));
  expect_simple(erdos_renyi(300, 700'000'000, seed));
  EXPECT_EQ(erdos_renyi(100, 0, seed).edges(), 0u);
  EXPECT_TRUE(erdos_renyi(100, 1'000'000'000, seed).complete);
  EXPECT_EQ(erdos_renyi(1, 500'000'000, seed).edges(), 0u);
}

TEST(Topology, ErdosRenyiLinksEveryPairAlike) {
  // Five nodes, ten pairs, p = 0.3: each pair in 30% of graphs, and the count is binomial.
  std::vector<int> hits(25, 0);
  std::vector<int> sizes(11, 0);
  constexpr int graphs = 20'000;
  for (std::uint64_t s = 0; s < graphs; ++s) {
    const Topology graph = erdos_renyi(5, 300'000'000, s);
    ++sizes[graph.edges()];
    for (NodeId a = 0; a < 5; ++a) {
      for (const NodeId b : graph.row(a)) ++hits[a * 5 + b];
    }
  }
  for (NodeId a = 0; a < 5; ++a) {
    for (NodeId b = a + 1; b < 5; ++b) EXPECT_NEAR(hits[a * 5 + b], 6'000, 4 * 65);
  }
  EXPECT_NEAR(sizes[0], graphs * 0.0282475, 4 * 24);  // 0.7^10
  EXPECT_NEAR(sizes[3], graphs * 0.2668279, 4 * 63);
}

TEST(Topology, BarabasiAlbertHasItsMinimumDegreeAndTail) {
  const Topology graph = barabasi_albert(20'000, 4, seed);
  expect_simple(graph);
  EXPECT_TRUE(is_connected(graph));
  EXPECT_EQ(graph.edges(), 10u + (20'000 - 5) * 4);
  // P(degree >= d) = m(m+1)/(d(d+1)) in the limit (Bollobas et al. 2001): 0.0244 at 28.
  std::uint32_t least = 0xffffffff;
  std::uint32_t most = 0;
  int tail = 0;
  int floor = 0;
  for (NodeId node = 0; node < graph.nodes; ++node) {
    least = std::min(least, graph.degree(node));
    most = std::max(most, graph.degree(node));
    tail += graph.degree(node) >= 28;
    floor += graph.degree(node) == 4;
  }
  EXPECT_EQ(least, 4u);
  EXPECT_GT(most, 200u);
  EXPECT_NEAR(tail / 20'000.0, 20.0 / (28 * 29), 0.004);
  EXPECT_NEAR(floor / 20'000.0, 2.0 / 6, 0.015);  // P(degree = m) = 2/(m+2)
}

TEST(Topology, WattsStrogatzGoesFromOrderToChance) {
  const Topology ring = watts_strogatz(1'000, 8, 0, seed);
  const Topology small = watts_strogatz(1'000, 8, 100'000'000, seed);
  const Topology chance = watts_strogatz(1'000, 8, 1'000'000'000, seed);
  for (const Topology* graph : {&ring, &small, &chance}) {
    expect_simple(*graph);
    EXPECT_EQ(graph->edges(), 4'000u);
  }
  EXPECT_NEAR(clustering(ring), 9.0 / 14, 1e-12);  // 3(k-2)/(4(k-1))
  // C(b)/C(0) is about (1-b)^3 (Barrat and Weigt 2000).
  EXPECT_NEAR(clustering(small), 9.0 / 14 * 0.729, 0.03);
  EXPECT_LT(clustering(chance), 0.03);
  const double ring_path = analyse(ring, seed).path_mean.value;
  const double small_path = analyse(small, seed).path_mean.value;
  EXPECT_NEAR(ring_path, 62.9, 0.2);
  EXPECT_LT(small_path, ring_path / 10);
  for (NodeId node = 0; node < 1'000; ++node) {
    EXPECT_GE(small.degree(node), 4u);  // a node keeps the near ends of its own k/2 edges
  }
  EXPECT_EQ(watts_strogatz(5, 4, 1'000'000'000, seed).edges(), 10u);  // nowhere to rewire to
}

TEST(Topology, GoldenDigests) {
  EXPECT_EQ(digest(random_regular(1'000, 8, seed)), 8367529378606418949u);
  EXPECT_EQ(digest(random_regular(10'000, 8, seed)), 14432660197614174801u);
  EXPECT_EQ(digest(random_regular(100, 70, seed)), 10156793198306266339u);
  EXPECT_EQ(digest(erdos_renyi(1'000, 8'000'000, seed)), 5237510670432346469u);
  EXPECT_EQ(digest(erdos_renyi(100, 900'000'000, seed)), 2186353658636759294u);
  EXPECT_EQ(digest(barabasi_albert(1'000, 4, seed)), 7600452563519698657u);
  EXPECT_EQ(digest(watts_strogatz(1'000, 8, 100'000'000, seed)), 3419548097287637969u);
  EXPECT_EQ(digest(star(10, 3)), 229685211625230141u);
  EXPECT_EQ(digest(hierarchy(4, 5, SiteShape::mesh)), 8678567633774043585u);
  EXPECT_EQ(digest(hierarchy(4, 5, SiteShape::star)), 12775864289208859105u);
  EXPECT_EQ(digest(full_mesh(10)), 4510656860994232958u);
}

TEST(Topology, TheSeedDecidesAndNothingElse) {
  EXPECT_EQ(random_regular(200, 6, 1), random_regular(200, 6, 1));
  EXPECT_NE(random_regular(200, 6, 1), random_regular(200, 6, 2));
  EXPECT_NE(erdos_renyi(200, 30'000'000, 1), erdos_renyi(200, 30'000'000, 2));
  EXPECT_NE(barabasi_albert(200, 3, 1), barabasi_albert(200, 3, 2));
  EXPECT_NE(watts_strogatz(200, 6, 100'000'000, 1), watts_strogatz(200, 6, 100'000'000, 2));
}

TEST(Topology, HundredThousandNodesTakeAMoment) {
  const auto start = std::chrono::steady_clock::now();
  const Topology graph = random_regular(100'000, 8, seed);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(graph.edges(), 400'000u);
  RecordProperty("seconds", std::to_string(took.count()));
  EXPECT_LT(took.count(), 10.0);
}

TEST(Topology, FromEdgesKeepsThemAndRefusesTheRest) {
  const std::vector<Edge> path{{1, 0}, {1, 2}, {3, 2}};
  const Topology graph = from_edges(4, path);
  expect_simple(graph);
  EXPECT_EQ(graph.edges(), 3u);
  EXPECT_EQ(refusal([] {
              from_edges(3, std::vector<Edge>{{0, 1}, {1, 3}});
            }),
            "topology.edges[1] = [1, 3] names a node that is not there: nodes are 0 to 2");
  EXPECT_EQ(refusal([] {
              from_edges(3, std::vector<Edge>{{2, 2}});
            }),
            "topology.edges[0] = [2, 2] links a node to itself: remove it");
  EXPECT_EQ(
      refusal([] {
        from_edges(3, std::vector<Edge>{{0, 1}, {1, 2}, {1, 0}});
      }),
      "topology.edges[2] = [1, 0] repeats the link of entry 0: links are undirected, list each "
      "once");
}

TEST(Topology, ImpossibleParametersAreRefusedByName) {
  EXPECT_EQ(refusal([] { full_mesh(0); }), "topology.nodes = 0: a network needs at least one node");
  EXPECT_EQ(refusal([] { random_regular(5, 3, seed); }),
            "topology.degree = 3 is impossible: an odd degree for each of 5 nodes has half a link "
            "left over; make the degree or the nodes even");
  EXPECT_EQ(refusal([] { random_regular(8, 8, seed); }),
            "topology.degree = 8 is too large: each of 8 nodes has only 7 others");
  EXPECT_EQ(refusal([] { random_regular(8, 0, seed); }),
            "topology.degree = 0 leaves every node alone: use 3 or more");
  EXPECT_EQ(refusal([] { erdos_renyi(8, 1'000'000'001, seed); }),
            "topology.probability = 1000000001 parts per billion is a probability above 1: use at "
            "most 1000000000");
  EXPECT_EQ(refusal([] { barabasi_albert(4, 4, seed); }),
            "topology.m = 4 is too large: a new node cannot find that many of 4 nodes; use less "
            "than 4");
  EXPECT_EQ(refusal([] { barabasi_albert(4, 0, seed); }),
            "topology.m = 0 links no node to another: use 1 or more");
  EXPECT_EQ(refusal([] { watts_strogatz(20, 5, 0, seed); }),
            "topology.k = 5 must be even and at least 2: half of the ring's neighbours lie on each "
            "side; use 4");
  EXPECT_EQ(refusal([] { watts_strogatz(6, 6, 0, seed); }),
            "topology.k = 6 is too large for a ring of 6 nodes: use less than 6");
  EXPECT_EQ(refusal([] { watts_strogatz(6, 2, 2'000'000'000, seed); }),
            "topology.rewire = 2000000000 parts per billion is a probability above 1: use at most "
            "1000000000");
  EXPECT_EQ(refusal([] { star(4, 4); }), "topology.hub = 4 is not a node: choose one from 0 to 3");
  EXPECT_EQ(refusal([] { hierarchy(0, 4, SiteShape::mesh); }),
            "topology.organisations = 0: a hierarchy needs at least one");
  EXPECT_EQ(
      refusal([] { hierarchy(4, 0, SiteShape::mesh); }),
      "topology.sites_per_organisation = 0: every organisation needs at least its gateway, so "
      "1 or more");
  EXPECT_NE(refusal([] { erdos_renyi(1'000'000, 500'000'000, seed); }).find("249999750000 links"),
            std::string::npos);
  EXPECT_NE(refusal([] { hierarchy(70'000, 70'000, SiteShape::star); }).find("2^32 nodes"),
            std::string::npos);
  EXPECT_NE(refusal([] { hierarchy(2, 50'000, SiteShape::mesh); }).find("links, more than"),
            std::string::npos);
}

TEST(Topology, KindsHaveNames) {
  for (const auto name : topology_kind_names()) {
    EXPECT_EQ(topology_kind_name(parse_topology_kind(name)), name);
  }
  EXPECT_NE(refusal([] { parse_topology_kind("mesh"); }).find("choose one of full-mesh, random"),
            std::string::npos);
  TopologySpec spec;
  spec.nodes = 12;
  for (const auto kind :
       {TopologyKind::full_mesh, TopologyKind::random_regular, TopologyKind::barabasi_albert,
        TopologyKind::watts_strogatz, TopologyKind::star, TopologyKind::erdos_renyi}) {
    spec.kind = kind;
    EXPECT_EQ(make_topology(spec, seed).nodes, 12u);
  }
  spec.kind = TopologyKind::hierarchy;
  EXPECT_NE(refusal([&] { make_topology(spec, seed); }).find("makes 1 nodes, but"),
            std::string::npos);
  spec.organisations = 4;
  spec.sites_per_organisation = 3;
  EXPECT_EQ(make_topology(spec, seed), hierarchy(4, 3, SiteShape::mesh));
}

TEST(EdgeSet, AgreesWithAnOrderedSet) {
  EdgeSet set(64);
  std::set<Edge> model;
  std::uint64_t state = 1;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto a = static_cast<NodeId>((state >> 33) % 12);
    const auto b = static_cast<NodeId>((state >> 45) % 12);
    if (a == b) continue;
    const Edge edge{std::min(a, b), std::max(a, b)};
    ASSERT_EQ(set.contains(a, b), model.count(edge) == 1);
    if ((state >> 60) < 8) {
      ASSERT_EQ(set.insert(a, b), model.insert(edge).second);
    } else {
      set.erase(a, b);
      model.erase(edge);
    }
  }
  for (NodeId a = 0; a < 12; ++a) {
    for (NodeId b = a + 1; b < 12; ++b) ASSERT_EQ(set.contains(a, b), model.count({a, b}) == 1);
  }
}

}  // namespace
}  // namespace ledgerlab
