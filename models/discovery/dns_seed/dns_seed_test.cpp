// The address tables, and nodes that find each other through a seed.
#include "models/discovery/dns_seed/dns_seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "models/base/draw.hpp"
#include "tests/support/overlay_world.hpp"

namespace ledgerlab::dns_seed {
namespace {

std::vector<std::uint16_t> own_groups(std::uint32_t nodes) {
  std::vector<std::uint16_t> groups(nodes);
  std::iota(groups.begin(), groups.end(), std::uint16_t{0});
  return groups;
}

TEST(AddressManager, WhatAnsweredIsTriedAndSelected) {
  const auto groups = own_groups(300);
  AddressManager manager({}, 5, groups);
  EXPECT_FALSE(manager.select(false, 1));
  for (NodeId node = 0; node < 200; ++node) manager.add(node, 299);
  EXPECT_FALSE(manager.add(7, 298)) << "known";
  EXPECT_GT(manager.known(), 180u) << "some places were taken";
  manager.good(7);
  EXPECT_TRUE(manager.is_tried(7));
  std::map<NodeId, int> chosen;
  for (std::uint64_t k = 0; k < 1000; ++k) {
    ++chosen[*manager.select(false, draw64(1, 0, Purpose("test.select"), k))];
    EXPECT_NE(manager.select(true, draw64(1, 0, Purpose("test.select"), k)), 7u);
  }
  EXPECT_NEAR(chosen[7], 500, 80) << "tried and new with equal odds";
  EXPECT_GT(chosen.size(), 100u);
}

TEST(AddressManager, OneSourceGroupFillsFewBuckets) {
  // 64 buckets of 4 places hold what one source group tells; another's have places of their own.
  std::vector<std::uint16_t> groups = own_groups(20'000);
  AddressManager manager({.new_buckets = 1024, .tried_buckets = 256, .bucket = 4}, 5, groups);
  for (NodeId node = 0; node < 10'000; ++node) manager.add(node, 19'999);
  const std::size_t flooded = manager.known();
  EXPECT_LE(flooded, 64u * 4);
  EXPECT_GT(flooded, 200u);
  for (NodeId node = 10'000; node < 10'100; ++node) manager.add(node, node);
  EXPECT_GT(manager.known(), flooded + 90) << "the flood has left them room";
}

TEST(AddressManager, OneGroupFillsFewTriedBuckets) {
  std::vector<std::uint16_t> groups = own_groups(6000);
  std::fill(groups.begin(), groups.begin() + 5000, std::uint16_t{9});
  AddressManager manager({.new_buckets = 1024, .tried_buckets = 256, .bucket = 4}, 5, groups);
  for (NodeId node = 0; node < 5000; ++node) {
    manager.add(node, 5000 + node % 1000);
    manager.good(node);
  }
  EXPECT_LE(manager.tried(), 8u * 4);
  EXPECT_GT(manager.tried(), 16u);
}

TEST(AddressManager, ATakenPlaceIsTestedBeforeItsHolderGoes) {
  const auto groups = own_groups(10);
  AddressManager manager({.new_buckets = 64, .tried_buckets = 1, .bucket = 1}, 5, groups);
  manager.good(1);
  manager.good(2);
  EXPECT_TRUE(manager.is_tried(1));
  EXPECT_EQ(manager.to_test(), 1u);
  manager.good(1);  // it answers
  EXPECT_FALSE(manager.to_test());
  EXPECT_TRUE(manager.is_tried(1));
  manager.good(2);
  manager.bad(1);  // it does not
  EXPECT_TRUE(manager.is_tried(2));
  EXPECT_FALSE(manager.knows(1));
}

TEST(AddressManager, AnAddressThatNeverAnswersGivesWay) {
  const auto groups = own_groups(10);
  AddressManager manager({.new_buckets = 1, .tried_buckets = 1, .bucket = 1}, 5, groups);
  EXPECT_TRUE(manager.add(1, 9));
  EXPECT_FALSE(manager.add(2, 9));
  for (int i = 0; i < 3; ++i) manager.attempt(1);
  EXPECT_TRUE(manager.add(2, 9));
  EXPECT_FALSE(manager.knows(1));
  EXPECT_EQ(manager.some(10, 1), std::vector<NodeId>{2});
}

// --- nodes ---------------------------------------------------------------------------------------

const DnsSeed& seed_of(const test::OverlayWorld& world, NodeId node) {
  return static_cast<const DnsSeed&>(world.module(node));
}

bool connected(const test::OverlayWorld& world) {
  std::set<NodeId> seen;
  std::vector<NodeId> todo;
  std::size_t alive = 0;
  for (NodeId node = 0; node < world.n(); ++node) {
    if (!world.alive(node)) continue;
    if (alive++ == 0) todo = {node};
  }
  seen.insert(todo.begin(), todo.end());
  while (!todo.empty()) {
    const NodeId node = todo.back();
    todo.pop_back();
    for (const NodeId peer : world.peers[node]) {
      if (world.alive(peer) && seen.insert(peer).second) todo.push_back(peer);
    }
  }
  return seen.size() == alive;
}

/// Both ends of every connection between living nodes know of it.
std::size_t one_sided(const test::OverlayWorld& world) {
  std::size_t count = 0;
  for (NodeId node = 0; node < world.n(); ++node) {
    for (const NodeId peer : world.peers[node]) {
      const auto& back = world.peers[peer];
      count += std::binary_search(back.begin(), back.end(), node) ? 0 : 1;
    }
  }
  return count;
}

TEST(DnsSeed, NodesFindEachOtherThroughASeed) {
  test::OverlayWorld world("dns_seed", 60, {{"outbound", "6"}, {"feeler_interval", "5 s"}},
                           SuiteMode::costed, own_groups(60));
  world.start_all();
  world.run_for(seconds(60), ms(50));
  EXPECT_TRUE(connected(world));
  EXPECT_EQ(one_sided(world), 0u);
  std::size_t all = 0;
  for (NodeId node = 0; node < 60; ++node) {
    EXPECT_GE(world.peers[node].size(), 6u) << node;
    EXPECT_TRUE(std::is_sorted(world.peers[node].begin(), world.peers[node].end()));
    all += world.peers[node].size();
    EXPECT_GT(seed_of(world, node).addresses().known(), 25u) << "more than one answer of a seed";
  }
  // Two that chose each other have one connection between them.
  EXPECT_LE(all, 60u * 6 * 2);
}

TEST(DnsSeed, WithoutASeedNobodyIsFound) {
  test::OverlayWorld world("dns_seed", 20, {}, SuiteMode::costed, own_groups(20));
  for (NodeId node = 1; node < 20; ++node) world.start(node);
  world.run_for(seconds(30), ms(50));
  for (NodeId node = 1; node < 20; ++node) EXPECT_TRUE(world.peers[node].empty());
}

TEST(DnsSeed, WhatTheCrawlerHasNotFoundTheSeedDoesNotTell) {
  test::OverlayWorld world("dns_seed", 40, {{"crawled", "0 %"}}, SuiteMode::costed,
                           own_groups(40));
  world.start_all();
  world.run_for(seconds(30), ms(50));
  for (NodeId node = 0; node < 40; ++node) EXPECT_TRUE(world.peers[node].empty());
}

TEST(DnsSeed, OutboundConnectionsGoIntoDifferentGroups) {
  std::vector<std::uint16_t> groups(60);
  for (NodeId node = 0; node < 60; ++node) groups[node] = static_cast<std::uint16_t>(node % 4);
  test::OverlayWorld world("dns_seed", 60, {}, SuiteMode::costed, groups);
  world.start_all();
  world.run_for(seconds(60), ms(50));
  std::size_t all = 0;
  for (NodeId node = 0; node < 60; ++node) all += world.peers[node].size();
  EXPECT_LE(all, 60u * 4 * 2) << "four groups, four outbound connections each";
  EXPECT_GT(all, 60u * 4);
}

TEST(DnsSeed, InboundConnectionsAreBounded) {
  test::OverlayWorld world("dns_seed", 30, {{"outbound", "4"}, {"inbound", "3"}},
                           SuiteMode::costed, own_groups(30));
  world.start_all();
  world.run_for(seconds(60), ms(50));
  for (NodeId node = 0; node < 30; ++node) EXPECT_LE(world.peers[node].size(), 7u);
}

TEST(DnsSeed, ConnectionsToTheDeadAreReplacedAndTheRestartedComeBack) {
  test::OverlayWorld world("dns_seed", 40, {{"outbound", "4"}, {"ping_interval", "5 s"}},
                           SuiteMode::costed, own_groups(40));
  world.start_all();
  world.run_for(seconds(30), ms(50));
  for (NodeId node = 30; node < 40; ++node) world.crash(node);
  world.run_for(seconds(60), ms(50));
  EXPECT_TRUE(connected(world));
  for (NodeId node = 0; node < 30; ++node) {
    for (const NodeId peer : world.peers[node]) EXPECT_LT(peer, 30u) << "of node " << node;
    EXPECT_GE(world.peers[node].size(), 4u);
  }
  world.start(35);
  world.run_for(seconds(30), ms(50));
  EXPECT_GE(world.peers[35].size(), 4u);
  EXPECT_EQ(one_sided(world), 0u);
}

TEST(DnsSeed, ANodeThatForgotAConnectionSaysSo) {
  test::OverlayWorld world("dns_seed", 10, {{"outbound", "3"}, {"ping_interval", "5 s"}},
                           SuiteMode::costed, own_groups(10));
  world.start_all();
  world.run_for(seconds(20), ms(50));
  world.start(4);  // at once, before any ping is missed
  world.run_for(seconds(20), ms(50));
  EXPECT_EQ(one_sided(world), 0u);
  EXPECT_TRUE(connected(world));
}

}  // namespace
}  // namespace ledgerlab::dns_seed
