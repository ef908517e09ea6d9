// The rules of FixedLeader by hand, and its safety under random schedules. The suites that every
// protocol inherits are in tests/contract.
#include "models/consensus/fixed_leader/fixed_leader.hpp"

#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "tests/support/transcript.hpp"

namespace ledgerlab {
void register_consensus_fixed_leader(Registry& registry);
}

namespace ledgerlab::fixed_leader {
namespace {

using test::ModuleWorld;

const ModelInfo& info() {
  static const Registry& registry = *[] {
    auto* made = new Registry;
    register_consensus_fixed_leader(*made);
    return made;
  }();
  return *registry.find(ModelKind::consensus, "fixed_leader");
}

ModuleWorld make_world(std::uint32_t replicas, std::uint64_t seed = 1) {
  ModuleWorld::Options options;
  options.replicas = replicas;
  options.seed = seed;
  return ModuleWorld(info(), options);
}

TEST(FixedLeader, ABlockIsDecidedWhenAMajorityHoldsIt) {
  for (std::uint32_t n = 1; n <= 7; ++n) {
    for (std::uint32_t acks = 0; acks < n; ++acks) {
      auto world = make_world(n);
      world.start_all();
      for (NodeId silent = acks + 1; silent < n; ++silent) world.cut(0, silent);
      world.propose(0, "a");
      world.deliver_all();
      EXPECT_EQ(world.application(0).height, acks + 1 >= n / 2 + 1 ? 1u : 0u) << n << " " << acks;
    }
  }
}

TEST(FixedLeader, ADecisionTakesTwiceNMinusOneMessages) {
  auto world = make_world(7);
  world.start_all();
  world.propose(0, "a");
  world.deliver_all();
  EXPECT_EQ(world.sent_with_role(Role::proposal), 6u);
  EXPECT_EQ(world.sent_with_role(Role::vote), 6u);
}

TEST(FixedLeader, TheLeaderSpeaksOnlyOfWhatIsOnItsDisk) {
  auto world = make_world(3);
  world.start_all();
  world.set_manual_disk(0, true);
  world.propose(0, "a");
  EXPECT_TRUE(world.sent<Append>().empty());
  world.persisted(0);
  EXPECT_EQ(world.sent<Append>().size(), 2u);
}

TEST(FixedLeader, ALostBlockIsFoundOutByTheNextHeartbeat) {
  auto world = make_world(3);
  world.start_all();
  for (int i = 0; i < 5; ++i) {
    world.propose(0, "t" + std::to_string(i));
    world.drop_all();
  }
  world.fire(0, 0);
  world.deliver_all();
  EXPECT_EQ(world.application(0).height, 5u);
}

TEST(FixedLeader, ACrashedLeaderComesBackToItsHistory) {
  auto world = make_world(3);
  world.start_all();
  world.propose(0, "a");
  world.deliver_all();
  world.crash(0);
  world.restart(0);
  world.fire(0, 0);
  world.deliver_all();
  world.propose(0, "b");
  world.deliver_all();
  EXPECT_EQ(world.application(0).text, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(world.violation(), "");
}

TEST(FixedLeader, SafeUnderFireAndAliveAfterwards) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::uint64_t counter = 0;
    const auto pick = [&](std::uint64_t n) {
      return draw_below(draw64(seed, 0, Purpose("swarm"), counter++), n);
    };
    const auto n = static_cast<std::uint32_t>(1 + pick(5));
    auto world = make_world(n, seed);
    world.start_all();
    for (NodeId node = 0; node < n; ++node) world.set_manual_disk(node, pick(2) == 0);
    for (int i = 0; i < 600; ++i) {
      const auto node = static_cast<NodeId>(pick(n));
      const std::uint64_t what = pick(20);
      if (what < 10 && !world.flights().empty()) {
        const std::size_t at = pick(4) ? 0 : pick(world.flights().size());
        if (pick(12) == 0)
          world.drop(world.flights()[at].from, world.flights()[at].to);
        else
          world.deliver(at);
      } else if (what < 13) {
        world.persisted_if_alive(node);
      } else if (what < 16 && world.alive(0)) {
        world.propose(0, "t" + std::to_string(i));
      } else if (what < 18 && world.alive(0)) {
        world.fire(0, 0);
      } else if (what == 18) {
        if (world.alive(node))
          world.crash(node, pick(3));
        else
          world.restart(node);
      }
    }
    for (NodeId node = 0; node < n; ++node) {
      if (!world.alive(node)) world.restart(node);
      world.set_manual_disk(node, false);
      world.persisted(node);
    }
    world.propose(0, "last");
    world.run_until(world.now() + seconds(3));
    ASSERT_EQ(world.violation(), "") << seed;
    for (NodeId node = 0; node < n; ++node) {
      ASSERT_EQ(world.application(node).text, world.application(0).text) << seed;
      ASSERT_EQ(world.application(node).text.back(), "last") << seed;
    }
  }
}

TEST(FixedLeader, TranscriptSaysWhatHappens) {
  test::Transcript transcript(info(), {"heartbeat"});
  EXPECT_EQ(transcript.check(std::filesystem::path(LEDGERLAB_TESTDATA) / "lost_block.txt"), "");
}

}  // namespace
}  // namespace ledgerlab::fixed_leader
