// The overlays of published simulators: degree laws, the core, dense corners, refusals, and golden
// digests that notice any change of a draw.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "sim/topology/topology.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint64_t seed = 7;

/// SimBlock's shares of Bitcoin nodes that open at most 1, 2, ... 20 links, in thousandths.
std::vector<std::uint64_t> bitcoin_cdf() {
  std::vector<std::uint64_t> out;
  for (const std::uint64_t thousandths : {25,  50,  75,  100, 200, 300, 400, 500, 600, 700,
                                          800, 850, 900, 950, 970, 970, 980, 990, 995, 1000}) {
    out.push_back(thousandths * 1'000'000);
  }
  return out;
}

/// Bitcoin-Simulator's ranges: so many links, and as many more as the range's number.
std::vector<ConnectionRange> simulator_ranges() {
  return {{1, 3, 1, 10},   {4, 7, 2, 40},   {8, 11, 3, 30},
          {12, 15, 4, 13}, {16, 24, 5, 6}, {25, 118, 6, 1}};
}

void expect_simple(const Topology& topology) {
  for (NodeId node = 0; node < topology.nodes; ++node) {
    const auto row = topology.row(node);
    ASSERT_TRUE(std::is_sorted(row.begin(), row.end()));
    ASSERT_EQ(std::adjacent_find(row.begin(), row.end()), row.end());
    for (const NodeId other : row) {
      ASSERT_NE(other, node);
      ASSERT_TRUE(topology.adjacent(other, node));
    }
  }
}

std::string refusal(const std::function<void()>& make) {
  try {
    make();
  } catch (const TopologyError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(OutDegrees, AllAlikeGiveExactlySoManyLinks) {
  std::vector<std::uint64_t> eight(8, 0);
  eight.back() = 1'000'000'000;
  const Topology overlay = out_degrees(600, eight, seed);
  expect_simple(overlay);
  EXPECT_EQ(overlay.edges(), 600u * 8);
  EXPECT_TRUE(is_connected(overlay));
  for (NodeId node = 0; node < 600; ++node) EXPECT_GE(overlay.degree(node), 8u);
}

TEST(OutDegrees, FollowTheDistributionExactly) {
  const Topology overlay = out_degrees(10'000, bitcoin_cdf(), seed);
  expect_simple(overlay);
  // The mean of the distribution is 8.645: every node opens what it was dealt.
  EXPECT_EQ(overlay.edges(), 86'450u);
  std::uint32_t least = overlay.nodes;
  for (NodeId node = 0; node < overlay.nodes; ++node) {
    least = std::min(least, overlay.degree(node));
  }
  EXPECT_GE(least, 1u);
  EXPECT_NE(overlay, out_degrees(10'000, bitcoin_cdf(), seed + 1));
  EXPECT_EQ(overlay, out_degrees(10'000, bitcoin_cdf(), seed));
}

TEST(OutDegrees, AFewNodesThatWantAllOthersKnowAll) {
  std::vector<std::uint64_t> many(20, 0);
  many.back() = 1'000'000'000;
  for (const std::uint32_t nodes : {2u, 3u, 5u, 12u}) {
    const Topology overlay = out_degrees(nodes, many, seed);
    expect_simple(overlay);
    EXPECT_EQ(overlay.edges(), std::uint64_t{nodes} * (nodes - 1) / 2);
  }
}

TEST(OutDegrees, LinksLeadAnywhere) {
  // A node's links that others opened are binomial: no corner of the numbers is preferred.
  const Topology overlay = out_degrees(1'000, bitcoin_cdf(), seed);
  std::uint64_t low = 0, all = 0;
  for (NodeId node = 0; node < 1'000; ++node) {
    for (const NodeId other : overlay.row(node)) {
      low += other < 500;
      ++all;
    }
  }
  EXPECT_NEAR(static_cast<double>(low) / static_cast<double>(all), 0.5, 0.02);
}

TEST(OutDegrees, RefuseWhatIsNoDistribution) {
  const std::string why = "topology.degree_cdf is no distribution";
  EXPECT_NE(refusal([] { out_degrees(9, {}, seed); }).find(why), std::string::npos);
  const std::vector<std::uint64_t> falling{600'000'000, 500'000'000, 1'000'000'000};
  EXPECT_NE(refusal([&] { out_degrees(9, falling, seed); }).find(why), std::string::npos);
  const std::vector<std::uint64_t> short_of{600'000'000, 900'000'000};
  EXPECT_NE(refusal([&] { out_degrees(9, short_of, seed); }).find(why), std::string::npos);
}

TEST(ConnectionRanges, NodesStayWithinTheirRangeAndTheCoreIsMeshed) {
  const Topology overlay = connection_ranges(6'000, simulator_ranges(), 16, 700, 800, seed);
  expect_simple(overlay);
  EXPECT_TRUE(is_connected(overlay));
  for (NodeId a = 0; a < 16; ++a) {
    for (NodeId b = 0; b < 16; ++b) EXPECT_EQ(overlay.adjacent(a, b), a != b);
    EXPECT_GE(overlay.degree(a), 700u);
    EXPECT_LE(overlay.degree(a), 800u);
  }
  std::map<int, std::uint32_t> in_range;
  std::uint32_t short_of_one = 0;
  for (NodeId node = 16; node < overlay.nodes; ++node) {
    const std::uint32_t d = overlay.degree(node);
    EXPECT_LE(d, 118u + 6);
    ++in_range[d <= 4 ? 0 : d <= 9 ? 1 : d <= 14 ? 2 : d <= 19 ? 3 : d <= 29 ? 4 : 5];
    short_of_one += d == 0;
  }
  EXPECT_EQ(short_of_one, 0u);
  // A model of the rule in another language, six runs: 596 2533 1804 680 309 61.
  EXPECT_NEAR(in_range[0], 596, 60);
  EXPECT_NEAR(in_range[1], 2533, 90);
  EXPECT_NEAR(in_range[2], 1804, 90);
  EXPECT_NEAR(in_range[3], 680, 60);
  EXPECT_NEAR(in_range[4], 309, 40);
  EXPECT_NEAR(in_range[5], 61, 16);
}

TEST(ConnectionRanges, RefuseWhatIsImpossible) {
  const auto ranges = simulator_ranges();
  EXPECT_EQ(refusal([&] { connection_ranges(8, ranges, 9, 1, 2, seed); }),
            "topology.core = 9 are more than the 8 nodes: lower it");
  EXPECT_NE(refusal([] { connection_ranges(8, {}, 0, 0, 0, seed); }).find("has no range"),
            std::string::npos);
  const std::vector<ConnectionRange> empty{{4, 3, 0, 1}};
  EXPECT_NE(refusal([&] { connection_ranges(8, empty, 0, 0, 0, seed); }).find("is no range"),
            std::string::npos);
  EXPECT_NE(refusal([&] { connection_ranges(99, ranges, 4, 9, 8, seed); }).find("exchange"),
            std::string::npos);
}

TEST(Published, AHundredThousandNodesCostLinksNotPairs) {
  const Topology overlay = out_degrees(100'000, bitcoin_cdf(), seed);
  EXPECT_EQ(overlay.edges(), 864'500u);
  EXPECT_EQ(connection_ranges(100'000, simulator_ranges(), 16, 700, 800, seed).nodes, 100'000u);
}

}  // namespace
}  // namespace ledgerlab
