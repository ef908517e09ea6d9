// Rounds, fanout and lives of infections among a few nodes. The closed forms are G1 to G3 of
// `ledgerlab validate`.
#include "models/gossip/epidemic/epidemic.hpp"

#include <gtest/gtest.h>

#include "tests/support/relay_world.hpp"

namespace ledgerlab {
void register_gossip_epidemic(Registry& registry);

namespace epidemic {
namespace {

using testing::full_mesh;
using testing::Graph;
using testing::RelayWorld;

RelayWorld make_world(Graph links, RelayWorld::Changes changes = {}, bool backwards = false) {
  RelayWorld::Options options;
  options.params = std::move(changes);
  options.backwards = backwards;
  return RelayWorld("epidemic", register_gossip_epidemic, std::move(links), std::move(options));
}

std::size_t reached(const RelayWorld& world, const std::string& text) {
  std::size_t out = 0;
  for (NodeId i = 0; i < world.n(); ++i) out += world.got_times(i, text);
  return out;
}

TEST(Epidemic, InfectAndDiePushesOnceToDifferentOthers) {
  auto world = make_world(full_mesh(30), {{"mode", "infect_and_die"}, {"fanout", "4"}});
  world.publish(0, "a");
  EXPECT_TRUE(world.sent.empty()) << "only when the next round begins";
  world.run(seconds(60));
  std::map<NodeId, std::set<NodeId>> targets;
  for (const auto& f : world.sent) {
    EXPECT_TRUE(targets[f.from].insert(f.to).second);
    EXPECT_EQ((f.due - ms(10) - time_start) % ms(250), Duration{});
  }
  EXPECT_EQ(targets.size(), reached(world, "a") + 1);
  for (const auto& [node, set] : targets) EXPECT_EQ(set.size(), 4u) << node;
  for (NodeId i = 0; i < 30; ++i) EXPECT_LE(world.got_times(i, "a"), 1u);
}

TEST(Epidemic, InfectForeverPushesSoManyRoundsAndReachesAll) {
  auto world = make_world(full_mesh(30), {{"fanout", "1"}, {"rounds", "40"}});
  world.publish(3, "a");
  world.run(seconds(60));
  EXPECT_EQ(reached(world, "a"), 29u);
  EXPECT_EQ(world.sent.size(), 30u * 40u);
  EXPECT_EQ(world.field(3, "relay.infective"), "0");
}

// In the first round one node pushes, in the second at most two, in the third at most four.
TEST(Epidemic, AnInfectionAtMostDoublesInARoundOfFanoutOne) {
  auto world = make_world(full_mesh(64), {{"fanout", "1"}});
  world.publish(0, "a");
  std::size_t before = 1;
  for (int round = 0; round < 12; ++round) {
    world.run(ms(250));
    const std::size_t now = 1 + reached(world, "a");
    EXPECT_GE(now, before);
    EXPECT_LE(now, 2 * before);
    before = now;
  }
  EXPECT_GT(before, 10u);
}

TEST(Epidemic, AFractionalFanoutIsMetOnAverage) {
  auto world =
      make_world(full_mesh(40), {{"fanout", "2"}, {"fanout_more", "50 %"}, {"rounds", "50"}});
  world.publish(0, "a");
  world.run(seconds(60));
  const double mean = static_cast<double>(world.sent.size()) / (40 * 50);
  EXPECT_NEAR(mean, 2.5, 0.05);
}

TEST(Epidemic, EveryoneNeedsNoOverlayAndLeavesOutOneself) {
  auto world = make_world(Graph{{1}, {0, 2}, {1, 3}, {2}}, {{"view", "everyone"}, {"fanout", "9"}});
  world.publish(2, "a");
  world.run(ms(255));
  std::set<NodeId> targets;
  for (const auto& f : world.sent) {
    if (f.from == 2) targets.insert(f.to);
  }
  EXPECT_EQ(targets, (std::set<NodeId>{0, 1, 3}));
}

TEST(Epidemic, WhatItsOwnerRefusesGoesNoFurtherAndNobodyIsAskedTwice) {
  auto world = make_world(Graph{{1}, {0, 2}, {1}});
  world.refused.insert("bad");
  world.publish(0, "bad");
  world.run(seconds(30));
  EXPECT_EQ(world.got(1), std::vector<std::string>{"bad"});
  EXPECT_TRUE(world.got(2).empty());
}

TEST(Epidemic, LossAndARestartAreMadeGoodWhileTheInfectionLasts) {
  auto world = make_world(testing::ring_with_chords(30), {{"rounds", "60"}});
  int n = 0;
  world.lost = [&n](const RelayWorld::Flight&) { return ++n % 3 == 0; };
  world.crash(7);
  world.publish(0, "a");
  world.run(seconds(5));
  world.restart(7);
  world.run(seconds(15));
  for (NodeId i = 1; i < 30; ++i) EXPECT_EQ(world.got_times(i, "a"), 1u) << i;
}

TEST(Epidemic, NewPeersArePushedToAndFormerOnesAreNot) {
  auto world = make_world(Graph{{1}, {0}, {}}, {{"fanout", "1"}});
  world.publish(0, "a");
  world.call(0, Peers{{2}});
  world.run(seconds(20));
  EXPECT_TRUE(world.got(1).empty());
  EXPECT_EQ(world.got(2), std::vector<std::string>{"a"});
}

TEST(Epidemic, NothingDependsOnTheNumbersOfTheInterner) {
  std::vector<std::vector<std::string>> lines;
  for (const bool backwards : {false, true}) {
    auto world = make_world(testing::ring_with_chords(12), {}, backwards);
    for (int i = 0; i < 10; ++i) {
      world.publish(static_cast<NodeId>(i), std::to_string(i % 7));
      world.run(ms(300));
    }
    world.run(seconds(30));
    auto& out = lines.emplace_back();
    for (const auto& f : world.sent) {
      out.push_back(std::to_string(f.from) + ">" + std::to_string(f.to) +
                    to_hex(f.message->identity()));
    }
  }
  EXPECT_EQ(lines[0], lines[1]);
}

}  // namespace
}  // namespace epidemic
}  // namespace ledgerlab
