// Placement: counts as near to the shares as whole nodes allow, order by draws alone.
#include "sim/topology/placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/topology/topology.hpp"

namespace ledgerlab {
namespace {

std::vector<std::uint32_t> counts(const std::vector<std::uint16_t>& placed, std::size_t regions) {
  std::vector<std::uint32_t> out(regions, 0);
  for (const std::uint16_t region : placed) ++out.at(region);
  return out;
}

std::vector<std::uint32_t> counts(std::uint32_t nodes, std::vector<std::uint64_t> shares) {
  return counts(place_by_shares(nodes, shares, 3), shares.size());
}

TEST(Placement, RoundRobin) {
  EXPECT_EQ(place_round_robin(5, 3), (std::vector<std::uint16_t>{0, 1, 2, 0, 1}));
  EXPECT_TRUE(place_round_robin(0, 3).empty());
  EXPECT_THROW(place_round_robin(5, 0), TopologyError);
}

TEST(Placement, LargestRemaindersFirst) {
  using Counts = std::vector<std::uint32_t>;
  EXPECT_EQ(counts(10, {1, 1, 1}), (Counts{4, 3, 3}));  // a tie goes to the earlier region
  EXPECT_EQ(counts(10, {15, 15, 70}), (Counts{2, 1, 7}));
  EXPECT_EQ(counts(4, {0, 1, 0}), (Counts{0, 4, 0}));
  // 600 nodes by SimBlock's shares: quotas 198.96 299.88 5.40 70.62 13.44 11.70.
  EXPECT_EQ(counts(600, {331'600'000, 499'800'000, 9'000'000, 117'700'000, 22'400'000, 19'500'000}),
            (Counts{199, 300, 5, 71, 13, 12}));
  EXPECT_EQ(counts(1'000'000, {~std::uint64_t{0} / 2, ~std::uint64_t{0} / 2}),
            (Counts{500'000, 500'000}));
}

TEST(Placement, SharesAreShuffledByTheSeedAlone) {
  const std::vector<std::uint64_t> shares{1, 1};
  EXPECT_EQ(place_by_shares(16, shares, 3),
            (std::vector<std::uint16_t>{1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(place_by_shares(100, shares, 3), place_by_shares(100, shares, 3));
  EXPECT_NE(place_by_shares(100, shares, 3), place_by_shares(100, shares, 4));
  // Every position is as likely in either region: 4 nodes, 4,000 seeds, four standard errors.
  std::vector<int> ones(4, 0);
  for (std::uint64_t seed = 0; seed < 4'000; ++seed) {
    const auto placed = place_by_shares(4, shares, seed);
    for (std::size_t i = 0; i < 4; ++i) ones[i] += placed[i];
  }
  for (const int count : ones) EXPECT_NEAR(count, 2'000, 4 * 32);
}

TEST(Placement, ImpossibleSharesAreRefused) {
  EXPECT_THROW(place_by_shares(5, {}, 1), TopologyError);
  const std::vector<std::uint64_t> none{0, 0};
  EXPECT_THROW(place_by_shares(5, none, 1), TopologyError);
  const std::vector<std::uint64_t> huge{~std::uint64_t{0}, 1};
  EXPECT_THROW(place_by_shares(5, huge, 1), TopologyError);
}

TEST(Placement, ListedRegionsAreCheckedOneByOne) {
  LatencyData data;
  for (const char* id : {"fra", "nrt", "syd"}) data.regions.push_back({id, id, 0, 0, 0});
  const std::vector<std::string> good{"syd", "fra", "syd"};
  EXPECT_EQ(place_listed(3, good, data), (std::vector<std::uint16_t>{2, 0, 2}));
  const auto refusal = [&](std::uint32_t nodes, const std::vector<std::string>& ids) {
    try {
      place_listed(nodes, ids, data);
    } catch (const TopologyError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal(4, good),
            "placement.regions lists 3 regions for 4 nodes: list exactly one for each node");
  EXPECT_EQ(refusal(3, {"syd", "nrb", "fra"}),
            "placement.regions[1] = \"nrb\" is not a region of the data: did you mean \"nrt\"?");
}

}  // namespace
}  // namespace ledgerlab
