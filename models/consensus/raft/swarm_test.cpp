// Raft under random schedules: messages lost, repeated and reordered, disks that sync late, crashes
// that keep any prefix of what was not synced, restarts, partitions. Safety is watched all along;
// then everything heals and progress is demanded.
#include <cstdlib>

#include "models/consensus/raft/raft_test.hpp"

namespace ledgerlab::raft {
namespace {

class Swarm {
 public:
  explicit Swarm(std::uint64_t seed)
      : seed_(seed),
        n_(static_cast<std::uint32_t>(pick(1, 7))),
        world_(make_world(n_, random_params(), seed)) {
    world_.start_all();
    for (NodeId node = 0; node < n_; ++node) world_.set_manual_disk(node, pick(0, 2) == 0);
  }

  void run(int steps) {
    for (int i = 0; i < steps && world_.violation().empty(); ++i) act();
    world_.take_lines();
  }

  /// Everything heals; within this many rounds all must agree on something new.
  void recover() {
    world_.heal();
    for (NodeId node = 0; node < n_; ++node) {
      if (!world_.alive(node)) world_.restart(node);
      world_.set_manual_disk(node, false);
      world_.persisted(node);
    }
    world_.run_until(world_.now() + seconds(120));
    for (NodeId node = 0; node < n_; ++node) world_.propose(node, "last" + std::to_string(node));
    world_.run_until(world_.now() + seconds(20));
  }

  ModuleWorld& world() { return world_; }
  std::uint32_t n() const { return n_; }

 private:
  std::uint64_t pick(std::uint64_t low, std::uint64_t high) {
    return low + draw_below(draw64(seed_, 0, Purpose("swarm"), counter_++), high - low + 1);
  }

  std::map<std::string, std::string> random_params() {
    return {{"pre_vote", pick(0, 1) ? "true" : "false"},
            {"check_quorum", pick(0, 1) ? "true" : "false"},
            {"commit_notice", pick(0, 1) ? "immediate" : "on_next"},
            {"append_max_entries", std::to_string(pick(1, 5))},
            {"max_inflight_appends", std::to_string(pick(1, 5))},
            {"snapshot_interval", pick(0, 1) ? "0" : std::to_string(pick(3, 12))},
            {"snapshot_keep", std::to_string(pick(0, 6))},
            {"snapshot_chunk", "64 B"}};
  }

  NodeId node() { return static_cast<NodeId>(pick(0, n_ - 1)); }

  void act() {
    const std::uint64_t what = pick(0, 99);
    const auto& flights = world_.flights();
    if (what < 60) {
      if (flights.empty()) return;
      // Mostly in order, sometimes any.
      const std::size_t at = pick(0, 3) ? 0 : static_cast<std::size_t>(pick(0, flights.size() - 1));
      const ModuleWorld::Flight copy = flights[at];
      if (pick(0, 9) == 0) world_.repeat(copy);
      if (pick(0, 19) == 0) {
        world_.drop(copy.from, copy.to);
      } else {
        world_.deliver(at);
      }
    } else if (what < 68) {
      world_.persisted_if_alive(node());
    } else if (what < 80) {
      const NodeId leader = node();
      if (world_.alive(leader)) world_.propose(leader, "t" + std::to_string(counter_));
    } else if (what < 90) {
      const NodeId at = node();
      if (world_.alive(at)) world_.fire(at, timer_heartbeat);
    } else if (what < 94) {
      const NodeId at = node();
      if (world_.alive(at)) world_.fire(at, pick(0, 3) ? timer_election : timer_check_quorum);
    } else if (what < 96) {
      const NodeId at = node();
      if (world_.alive(at)) {
        world_.crash(at, static_cast<std::size_t>(pick(0, 4)));
        if (pick(0, 3) == 0) world_.forget_application(at);
      } else {
        world_.restart(at);
      }
    } else if (what < 98) {
      const NodeId a = node();
      const NodeId b = node();
      if (a != b) world_.cut(a, b);
    } else {
      world_.heal();
    }
  }

  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
  std::uint32_t n_;
  ModuleWorld world_;
};

TEST(RaftSwarm, SafeUnderFireAndAliveAfterwards) {
  const char* more = std::getenv("LEDGERLAB_SWARM_SEEDS");
  const std::uint64_t seeds = more != nullptr ? std::stoull(more) : 150;
  std::uint64_t committed = 0;
  std::uint64_t elections = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Swarm swarm(seed);
    swarm.run(1500);
    ModuleWorld& world = swarm.world();
    ASSERT_EQ(world.violation(), "") << "seed " << seed;
    committed += world.application(0).height;
    elections += world.leaders().size();
    swarm.recover();
    ASSERT_EQ(world.violation(), "") << "seed " << seed;
    for (NodeId node = 0; node < swarm.n(); ++node) {
      ASSERT_EQ(world.application(node).text, world.application(0).text) << "seed " << seed;
    }
    std::set<std::string> distinct(world.application(0).text.begin(),
                                   world.application(0).text.end());
    ASSERT_EQ(distinct.size(), world.application(0).text.size())
        << "a transaction was included twice, seed " << seed;
    bool last = false;
    for (const std::string& text : world.application(0).text) last |= text.starts_with("last");
    ASSERT_TRUE(last) << "nothing new was decided after everything healed, seed " << seed;
  }
  // The schedules must reach what they are meant to test.
  EXPECT_GT(committed, 3 * seeds);
  EXPECT_GT(elections, 2 * seeds);
}

// The checks above would catch a server that forgets its vote: it lets two leaders into a term.
TEST(RaftSwarm, ADiskThatForgetsTheVoteIsCaught) {
  auto world = make_world(3, {{"pre_vote", "false"}, {"check_quorum", "false"}});
  world.start_all();
  world.fire(0, timer_election);
  world.fire(1, timer_election);
  world.cut(0, 1);
  while (world.field(0, "state") != "leader") ASSERT_TRUE(world.deliver_one());
  world.lose_disk(2);
  world.drop_all();
  world.inject(1, 2, RequestVote{1, 0, 0});
  world.deliver_all();
  EXPECT_NE(world.violation(), "");
}

}  // namespace
}  // namespace ledgerlab::raft
