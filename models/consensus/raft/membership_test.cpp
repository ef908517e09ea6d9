// One test per rule of the dissertation's chapter 4, and what happens to a Raft without it.
#include "models/consensus/raft/raft_test.hpp"

namespace ledgerlab::raft {
namespace {

const std::map<std::string, std::string> plain = {{"pre_vote", "false"}, {"check_quorum", "false"}};

std::map<std::string, std::string> members_first(std::uint32_t count, bool sticky = true) {
  std::map<std::string, std::string> params =
      sticky ? std::map<std::string, std::string>{} : plain;
  params["initial_members"] = std::to_string(count);
  return params;
}

void beat(ModuleWorld& world, NodeId leader) {
  world.fire(leader, timer_heartbeat);
  world.deliver_all();
}

constexpr auto add = OperateAction::add_server;
constexpr auto remove = OperateAction::remove_server;
constexpr auto change = OperateAction::change_members;

// --- 4.1 -------------------------------------------------------------------------------------

TEST(RaftMembership, S4_1_ServersOutsideTheConfigurationWaitAndDoNotCount) {
  auto world = make_world(5, members_first(3));
  world.start_all();
  world.fire(4, timer_election);
  EXPECT_EQ(world.field(4, "state"), "follower");
  EXPECT_TRUE(world.sent<RequestPreVote>().empty());
  elect(world);
  world.isolate(1);
  world.propose(0, "a");
  world.deliver_all();
  EXPECT_EQ(world.application(0).height, 1u) << "two of three members are a majority";
  EXPECT_EQ(world.application(3).height, 0u);
  world.isolate(2);
  world.propose(0, "b");
  world.deliver_all();
  EXPECT_EQ(world.application(0).height, 1u) << "servers that wait must not count";
}

TEST(RaftMembership, S4_1_AServerIsAddedAndThenCounts) {
  auto world = make_world(4, members_first(3));
  elect(world);
  for (int i = 0; i < 5; ++i) world.propose(0, "t" + std::to_string(i));
  world.deliver_all();
  operate(world, 0, add, {3});
  world.deliver_all();
  EXPECT_EQ(world.field(0, "members"), "{0 1 2 3}@7");
  EXPECT_EQ(number(world, 0, "commit"), 7u);
  beat(world, 0);
  EXPECT_EQ(world.application(3).text, world.application(0).text);
  world.isolate(1);
  world.isolate(2);
  world.propose(0, "x");
  world.deliver_all();
  EXPECT_EQ(world.application(0).height, 5u) << "two of four are no majority";
  world.heal();
  world.isolate(1);
  beat(world, 0);
  EXPECT_EQ(world.application(0).height, 6u);
}

TEST(RaftMembership, S4_1_AConfigurationIsUsedFromTheLogBeforeItIsCommitted) {
  auto world = make_world(3);
  elect(world);
  world.isolate(1);
  operate(world, 0, remove, {2});
  // Of {0 1} only 0 has it: the old majority {0 2} must not commit it.
  world.deliver_all();
  EXPECT_EQ(world.field(0, "members"), "{0 1}@2");
  EXPECT_EQ(number(world, 0, "commit"), 1u);
  world.heal();
  beat(world, 0);
  EXPECT_EQ(number(world, 0, "commit"), 2u);
}

TEST(RaftMembership, S4_1_AServerWhoseEntryIsOverwrittenFallsBack) {
  auto world = make_world(4, members_first(3, false));
  elect(world);
  operate(world, 0, add, {3});
  while (number(world, 0, "commit") == 1 && world.field(0, "members") == "{0 1 2}@0") {
    ASSERT_TRUE(world.deliver_one());
  }
  world.drop_all();  // only 0 has the new configuration
  world.isolate(0);
  world.fire(1, timer_election);
  world.deliver_all();
  ASSERT_EQ(world.field(1, "state"), "leader");
  world.heal();
  beat(world, 1);
  EXPECT_EQ(world.field(0, "members"), "{0 1 2}@0");
  EXPECT_EQ(world.field(0, "state"), "follower");
}

TEST(RaftMembership, S4_1_OneChangeAtATime) {
  auto world = make_world(5, members_first(3));
  elect(world);
  world.isolate(1);
  world.isolate(2);
  operate(world, 0, remove, {1});
  world.take_lines();
  operate(world, 0, add, {3});
  const auto lines = world.take_lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("a change of membership is under way"), std::string::npos);
}

TEST(RaftMembership, OnlyALeaderTakesOperationsAndOnlySensibleOnes) {
  auto world = make_world(4, members_first(3));
  elect(world);
  const auto refusal = [&](NodeId node, OperateAction action, std::vector<NodeId> nodes) {
    world.take_lines();
    operate(world, node, action, std::move(nodes));
    const auto lines = world.take_lines();
    return lines.empty() ? std::string() : lines[0];
  };
  EXPECT_NE(refusal(1, add, {3}).find("does not lead"), std::string::npos);
  EXPECT_NE(refusal(0, add, {2}).find("2 is a member"), std::string::npos);
  EXPECT_NE(refusal(0, remove, {3}).find("3 is no member"), std::string::npos);
  EXPECT_NE(refusal(0, change, {}).find("nobody would be left"), std::string::npos);
  EXPECT_NE(refusal(0, change, {2, 1, 0}).find("these are the members"), std::string::npos);
  EXPECT_NE(refusal(0, add, {9}).find("no server 9"), std::string::npos);
  EXPECT_EQ(number(world, 0, "commit"), 1u);
}

// The correction of 2015 (Ongaro, raft-dev, "bug in single-server membership changes"): two leaders
// in turn each append a change that the other has not seen; their majorities need not meet.
void two_changes_race(ModuleWorld& world) {
  elect(world);
  // Leader 0 adds 4; nobody but the two of them has the entry.
  operate(world, 0, add, {4});
  for (NodeId other : {1, 2, 3}) world.cut(0, other);
  for (NodeId other : {1, 2, 3}) world.cut(4, other);
  world.deliver_all();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.field(4, "members"), "{0 1 2 3 4}@2");
  // Leader 1 of the next term removes 0; 2 alone hears of it.
  world.fire(1, timer_election);
  while (world.field(1, "state") != "leader") EXPECT_TRUE(world.deliver_one());
  world.drop_all();
  world.cut(1, 3);
  operate(world, 1, remove, {0});
  for (int i = 0; i < 3; ++i) {
    world.propose(1, "a");
    world.fire(1, timer_heartbeat);
    world.deliver_all();
  }
  // 0 stands again, with the votes of 3 and 4: three of five.
  world.heal();
  world.isolate(1);
  world.isolate(2);
  beat(world, 0);  // hears of the later term
  for (int i = 0; i < 3 && world.field(0, "state") != "leader"; ++i) {
    world.fire(0, timer_election);
    world.deliver_all();
  }
  EXPECT_EQ(world.field(0, "state"), "leader");
  world.propose(0, "b");
  beat(world, 0);
}

TEST(RaftMembership, S4_1_NoChangeBeforeAnEntryOfTheOwnTermIsCommitted) {
  auto world = make_world<Raft>(5, members_first(4, false));
  two_changes_race(world);
  EXPECT_EQ(world.violation(), "");
  EXPECT_EQ(world.application(1).height, 0u);
  EXPECT_EQ(world.application(0).text, std::vector<std::string>{"b"});
}

TEST(RaftMembershipTwin, WithoutTheOwnTermRuleTwoHistoriesAreDecided) {
  auto world = make_world<ChangesAtOnce>(5, members_first(4, false));
  two_changes_race(world);
  EXPECT_NE(world.violation().find("another block at height 1"), std::string::npos);
}

// --- 4.2.1 -----------------------------------------------------------------------------------

TEST(RaftMembership, S4_2_1_ANewServerCatchesUpBeforeItCounts) {
  auto world = make_world(4, members_first(3));
  elect(world);
  for (int i = 0; i < 5; ++i) world.propose(0, "t" + std::to_string(i));
  world.deliver_all();
  world.isolate(3);
  operate(world, 0, add, {3});
  world.deliver_all();
  world.isolate(2);
  world.propose(0, "x");
  world.deliver_all();
  EXPECT_EQ(world.application(0).height, 6u) << "a non-voter counts already";
  EXPECT_EQ(world.field(0, "members"), "{0 1 2}@0");
  world.heal();
  beat(world, 0);
  EXPECT_EQ(world.field(0, "members"), "{0 1 2 3}@8");
}

TEST(RaftMembership, S4_2_1_ARoundLongerThanAnElectionTimeoutIsNotTheLast) {
  auto world = make_world(4, members_first(3));
  elect(world);
  operate(world, 0, add, {3});
  world.drop_all();
  world.advance(ms(900));
  world.propose(0, "x");
  world.advance(ms(200));  // longer than election_timeout_min altogether
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.field(0, "members"), "{0 1 2}@0") << "the round took too long";
  beat(world, 0);
  EXPECT_EQ(world.field(0, "members"), "{0 1 2 3}@3");
}

TEST(RaftMembership, S4_2_1_AnUnavailableServerIsGivenUp) {
  auto world = make_world(4, members_first(3));
  elect(world);
  world.crash(3);
  operate(world, 0, add, {3});
  for (int i = 0; i < 20; ++i) beat(world, 0);
  world.take_lines();
  operate(world, 0, remove, {2});
  world.deliver_all();
  EXPECT_EQ(world.field(0, "members"), "{0 1}@2") << "the lost server blocks other changes";
}

TEST(RaftMembership, S4_2_1_ANewServerMayNeedASnapshot) {
  auto params = members_first(3);
  params["snapshot_interval"] = "3";
  params["snapshot_keep"] = "0";
  params["snapshot_chunk"] = "64 B";
  auto world = make_world(4, params);
  elect(world);
  for (int i = 0; i < 9; ++i) {
    world.propose(0, "t" + std::to_string(i));
    world.deliver_all();
  }
  operate(world, 0, add, {3});
  for (int i = 0; i < 4; ++i) beat(world, 0);
  EXPECT_EQ(world.field(0, "members"), "{0 1 2 3}@11");
  EXPECT_EQ(world.application(3).text, world.application(0).text);
  EXPECT_EQ(world.violation(), "");
}

// --- 4.2.2 -----------------------------------------------------------------------------------

TEST(RaftMembership, S4_2_2_ARemovedLeaderStepsDownOnceCNewIsCommittedAndRests) {
  auto world = make_world(3);
  elect(world);
  world.isolate(1);
  operate(world, 0, remove, {0});
  world.deliver_all();
  EXPECT_EQ(world.field(0, "state"), "leader") << "one of {1 2} has it: not committed";
  EXPECT_EQ(number(world, 0, "commit"), 1u) << "the leader counts itself";
  world.heal();
  beat(world, 0);
  EXPECT_EQ(world.field(0, "state"), "follower");
  world.clear_sent();
  world.fire(0, timer_election);
  EXPECT_TRUE(world.sent<RequestPreVote>().empty()) << "nobody counts on it any more";
  world.fire(1, timer_election);
  world.deliver_all();
  EXPECT_EQ(world.field(1, "state"), "leader");
  world.propose(1, "a");
  world.deliver_all();
  EXPECT_EQ(world.application(1).height, 1u);
}

TEST(RaftMembership, S4_2_2_AServerOutsideItsUncommittedConfigurationStillStands) {
  auto world = make_world(3);
  elect(world);
  operate(world, 0, remove, {2});
  world.deliver(1);  // 2 hears of its removal, which is not committed
  ASSERT_EQ(world.field(2, "members"), "{0 1}@2");
  world.drop_all();
  world.clear_sent();
  world.fire(2, timer_election);
  EXPECT_EQ(world.field(2, "state"), "pre-candidate");
  EXPECT_EQ(world.sent<RequestPreVote>().size(), 2u);
}

TEST(RaftMembership, ARemovedFollowerHearsThatItsRemovalIsCommitted) {
  auto world = make_world(3);
  elect(world);
  operate(world, 0, remove, {2});
  world.deliver_all();
  EXPECT_EQ(number(world, 2, "commit"), 2u);
  world.clear_sent();
  beat(world, 0);
  for (const auto& [from, to, append] : world.sent<AppendEntries>()) EXPECT_NE(to, 2u);
  world.clear_sent();
  world.fire(2, timer_election);
  EXPECT_TRUE(world.sent<RequestPreVote>().empty());
}

// --- 4.2.3 -----------------------------------------------------------------------------------

TEST(RaftMembership, S4_2_3_ARemovedServerThatDoesNotKnowDisturbsNobody) {
  for (const bool pre_vote : {true, false}) {
    auto world = make_world(3, {{"pre_vote", pre_vote ? "true" : "false"}});
    elect(world);
    world.isolate(2);
    operate(world, 0, remove, {2});
    world.deliver_all();
    EXPECT_EQ(number(world, 0, "commit"), 2u);
    // Nor will it hear: the leader lets it go when it does not answer for an election timeout.
    for (int i = 0; i < 2; ++i) {
      beat(world, 0);
      world.fire(0, timer_check_quorum);
    }
    world.heal();
    world.run_until(world.now() + seconds(20));
    EXPECT_GT(number(world, 2, "term") + world.sent<RequestPreVote>().size(), 5u) << "it is quiet";
    EXPECT_EQ(world.field(0, "state"), "leader") << pre_vote;
    EXPECT_EQ(number(world, 0, "term"), 1u) << pre_vote;
  }
}

// --- 4.3 -------------------------------------------------------------------------------------

void old_majority_is_cut_off(ModuleWorld& world) {
  elect(world);
  for (const NodeId old : {1, 2}) {
    for (const NodeId other : {0, 3, 4}) world.cut(old, other);
  }
  operate(world, 0, change, {0, 3, 4});
  for (int i = 0; i < 4; ++i) {
    world.deliver_all();
    world.propose(0, "a" + std::to_string(i));
    world.fire(0, timer_heartbeat);
  }
  world.deliver_all();
  world.fire(1, timer_election);
  world.deliver_all();
  EXPECT_EQ(world.field(1, "state"), "leader") << "{1 2} know nothing of a change";
  world.propose(1, "b");
  world.deliver_all();
}

TEST(RaftMembership, S4_3_JointConsensusNeedsBothMajorities) {
  auto world = make_world<Raft>(5, members_first(3, false));
  old_majority_is_cut_off(world);
  EXPECT_EQ(world.violation(), "");
  EXPECT_EQ(world.field(0, "members"), "{0 1 2},{0 3 4}@2");
  EXPECT_EQ(world.application(0).height, 0u);
  EXPECT_EQ(world.application(1).text, std::vector<std::string>{"b"});
}

TEST(RaftMembershipTwin, AJointConsensusOfTheNewMajorityAloneDecidesTwoHistories) {
  auto world = make_world<CountsTheNewOnly>(5, members_first(3, false));
  old_majority_is_cut_off(world);
  EXPECT_NE(world.violation(), "");
}

TEST(RaftMembership, S4_3_CNewFollowsOnceTheJointConfigurationIsCommitted) {
  auto world = make_world(5, members_first(3));
  elect(world);
  operate(world, 0, change, {0, 3, 4});
  world.deliver_all();
  EXPECT_EQ(world.field(0, "members"), "{0 3 4}@3");
  EXPECT_EQ(number(world, 0, "commit"), 3u);
  world.isolate(1);
  world.isolate(2);
  world.propose(0, "a");
  world.deliver_all();
  EXPECT_EQ(world.application(0).height, 1u) << "the old servers are not needed any more";
}

TEST(RaftMembership, S4_3_ANewLeaderFinishesAJointChange) {
  auto world = make_world(5, members_first(3, false));
  elect(world);
  operate(world, 0, change, {1, 3, 4});
  while (world.field(3, "members") != "{0 1 2},{1 3 4}@2" ||
         world.field(2, "members") != "{0 1 2},{1 3 4}@2" ||
         world.field(1, "members") != "{0 1 2},{1 3 4}@2") {
    ASSERT_TRUE(world.deliver_one());
  }
  world.drop_all();
  world.isolate(0);
  for (int i = 0; i < 2; ++i) {
    world.fire(1, timer_election);
    world.deliver_all();
    beat(world, 1);
  }
  EXPECT_EQ(world.field(1, "state"), "leader");
  EXPECT_EQ(world.field(1, "members").substr(0, 7), "{1 3 4}");
  world.propose(1, "a");
  world.deliver_all();
  EXPECT_EQ(world.application(1).height, 1u);
}

// --- configurations survive ------------------------------------------------------------------

TEST(RaftMembership, S4_1_TheConfigurationComesBackFromTheLog) {
  auto world = make_world(4, members_first(3));
  elect(world);
  operate(world, 0, add, {3});
  world.deliver_all();
  for (NodeId node = 0; node < 4; ++node) {
    world.crash(node);
    world.restart(node);
    EXPECT_EQ(world.field(node, "members"), "{0 1 2 3}@2");
  }
}

TEST(RaftMembership, S5_1_TheConfigurationComesBackFromASnapshotAndTravelsInIt) {
  auto params = members_first(3);
  params["snapshot_interval"] = "4";
  params["snapshot_keep"] = "0";
  auto world = make_world(4, params);
  elect(world);
  operate(world, 0, remove, {2});
  world.deliver_all();
  for (int i = 0; i < 9; ++i) {
    world.propose(0, "t" + std::to_string(i));
    world.deliver_all();
  }
  ASSERT_GT(number(world, 0, "commit"), 10u);
  ASSERT_FALSE(world.field(0, "log").starts_with("(0,")) << "nothing was compacted";
  world.crash(0);
  world.restart(0);
  EXPECT_EQ(world.field(0, "members"), "{0 1}@2");
  // A newcomer learns it from the snapshot.
  world.fire(1, timer_election);
  world.deliver_all();
  world.fire(1, timer_election);
  world.deliver_all();
  const NodeId leader = world.field(1, "state") == "leader" ? 1 : 0;
  ASSERT_EQ(world.field(leader, "state"), "leader");
  world.clear_sent();
  operate(world, leader, add, {3});
  for (int i = 0; i < 3; ++i) beat(world, leader);
  EXPECT_FALSE(world.sent<InstallSnapshot>().empty());
  EXPECT_EQ(world.field(3, "members").substr(0, 7), "{0 1 3}");
  EXPECT_EQ(world.application(3).text, world.application(leader).text);
  EXPECT_EQ(world.violation(), "");
}

}  // namespace
}  // namespace ledgerlab::raft
