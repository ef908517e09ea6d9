// Reads (dissertation 6.4) and transfer of leadership (3.10), one test per rule.
#include "models/consensus/raft/raft_test.hpp"

namespace ledgerlab::raft {
namespace {

// --- 6.4 -------------------------------------------------------------------------------------

TEST(RaftReadIndex, S6_4_ALeaderAnswersAfterARoundOfHeartbeats) {
  auto world = make_world(3);
  elect(world);
  world.propose(0, "a");
  world.deliver_all();
  world.read(0);
  EXPECT_EQ(world.reads_answered(), 0u) << "before it knows that it still leads";
  EXPECT_EQ(world.sent<ConfirmLeader>().size(), 2u);
  while (world.reads_answered() == 0) ASSERT_TRUE(world.deliver_one());
  EXPECT_EQ(world.violation(), "");
}

TEST(RaftReadIndex, S6_4_AnAnswerToAnEarlierRoundDoesNotCount) {
  auto world = make_world(3);
  elect(world);
  world.read(0);
  world.deliver_all();
  ASSERT_EQ(world.reads_answered(), 1u);
  world.read(0);
  world.drop_all();
  world.inject(1, 0, ConfirmLeaderReply{1, 1});
  world.inject(1, 0, AppendEntriesReply{1, true, true, 1, 1, 0, 0});
  EXPECT_EQ(world.reads_answered(), 1u);
  world.inject(1, 0, ConfirmLeaderReply{1, 2});
  EXPECT_EQ(world.reads_answered(), 2u);
}

TEST(RaftReadIndex, S6_4_ALeaderWaitsForAnEntryOfItsOwnTerm) {
  auto world = make_world(3);
  world.start_all();
  world.fire(0, timer_election);
  while (world.field(0, "state") != "leader") ASSERT_TRUE(world.deliver_one());
  world.drop_all();
  world.read(0);
  EXPECT_TRUE(world.sent<ConfirmLeader>().empty());
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.reads_answered(), 1u);
}

TEST(RaftReadIndex, S6_4_OneRoundServesAllReadsThatCameBefore) {
  auto world = make_world(3);
  elect(world);
  for (int i = 0; i < 10; ++i) world.read(0);
  world.deliver_all();
  EXPECT_EQ(world.reads_answered(), 10u);
  EXPECT_EQ(world.sent<ConfirmLeader>().size(), 4u) << "one for the first, one for the others";
}

TEST(RaftReadIndex, S6_4_AFollowerAsksTheLeaderAndWaitsUntilItHasApplied) {
  auto world = make_world(3);
  elect(world);
  world.propose(0, "a");
  world.deliver_all();  // 1 has the entry but does not know that it is committed
  ASSERT_EQ(world.application(1).height, 0u);
  world.read(1);
  world.deliver_all();
  EXPECT_EQ(world.reads_answered(), 0u);
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.reads_answered(), 1u);
  EXPECT_EQ(world.violation(), "");
}

TEST(RaftReadIndex, WhatIsLostIsAskedAgain) {
  auto world = make_world(3);
  elect(world);
  world.read(0);
  world.drop_all();
  world.read(2);
  world.drop_all();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.reads_answered(), 2u);
}

TEST(RaftReadIndex, WithoutALeaderNobodyReads) {
  auto world = make_world(3);
  world.start_all();
  world.read(1);
  EXPECT_EQ(world.reads_refused(), 1u);
  elect(world);
  world.isolate(0);
  world.read(0);
  world.read(1);  // on its way to the leader that is lost
  world.fire(0, timer_check_quorum);
  world.fire(0, timer_check_quorum);
  EXPECT_EQ(world.reads_refused(), 2u);
  world.fire(1, timer_election);
  EXPECT_EQ(world.reads_refused(), 3u);
}

void read_from_the_deposed(ModuleWorld& world) {
  elect(world);
  world.isolate(0);
  world.fire(1, timer_election);
  world.deliver_all();
  EXPECT_EQ(world.field(1, "state"), "leader");
  world.propose(1, "a");
  world.deliver_all();
  EXPECT_EQ(world.application(1).height, 1u);
  EXPECT_EQ(world.field(0, "state"), "leader");
  world.read(0);
  world.deliver_all();
}

TEST(RaftReadIndex, S6_4_ADeposedLeaderDoesNotRead) {
  auto world = make_world<Raft>(3, {{"pre_vote", "false"}, {"check_quorum", "false"}});
  read_from_the_deposed(world);
  EXPECT_EQ(world.reads_answered(), 0u);
  world.heal();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.reads_refused(), 1u);
  EXPECT_EQ(world.violation(), "");
}

TEST(RaftReadIndexTwin, WithoutTheRoundADeposedLeaderReadsWhatIsOld) {
  auto world = make_world<ReadsWithoutRound>(3, {{"pre_vote", "false"}, {"check_quorum", "false"}});
  read_from_the_deposed(world);
  EXPECT_NE(world.violation().find("reads height 0 after height 1"), std::string::npos);
}

TEST(RaftReadIndex, AnAnswerToAnEarlierLifeIsNotTakenForOne) {
  auto world = make_world(3);
  elect(world);
  world.read(1);
  world.deliver_all();
  const auto old = world.sent<ReadIndexReply>();
  ASSERT_EQ(old.size(), 1u);
  world.crash(1);
  world.restart(1);
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  const std::size_t before = world.reads_answered();
  world.read(1);
  world.drop_all();
  world.inject(0, 1, std::get<2>(old[0]));
  EXPECT_EQ(world.reads_answered(), before);
}

// --- 3.10 ------------------------------------------------------------------------------------

constexpr auto transfer = OperateAction::transfer_leadership;

TEST(RaftTransfer, S3_10_TheTargetIsBroughtUpToDateAndStandsAtOnce) {
  auto world = make_world(3);
  elect(world);
  world.cut(0, 2);
  world.propose(0, "a");
  world.deliver_all();
  operate(world, 0, transfer, {2});
  EXPECT_TRUE(world.sent<TimeoutNow>().empty()) << "its log is behind";
  world.heal();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.sent<TimeoutNow>().size(), 1u);
  EXPECT_TRUE(world.sent<RequestPreVote>().empty()) << "a pre-vote would be refused";
  EXPECT_EQ(world.field(2, "state"), "leader");
  EXPECT_EQ(number(world, 2, "term"), 2u);
  EXPECT_EQ(world.field(0, "leader"), "2");
}

TEST(RaftTransfer, S3_10_TheOldLeaderTakesNoRequestsMeanwhile) {
  auto world = make_world(3);
  elect(world);
  operate(world, 0, transfer, {2});
  world.propose(0, "a");
  EXPECT_EQ(world.field(0, "log"), "(0,1] terms [1]");
  world.deliver_all();
  EXPECT_EQ(world.field(2, "state"), "leader");
}

TEST(RaftTransfer, S3_10_ItIsGivenUpAfterAnElectionTimeout) {
  auto world = make_world(3);
  elect(world);
  world.crash(2);
  operate(world, 0, transfer, {2});
  world.propose(0, "a");
  world.deliver_all();
  EXPECT_EQ(world.application(0).height, 0u);
  EXPECT_EQ(*world.timer(0, timer_transfer), world.now() + seconds(1));
  world.fire(0, timer_transfer);
  world.deliver_all();
  EXPECT_EQ(world.field(0, "state"), "leader");
  EXPECT_EQ(world.application(0).height, 1u) << "it goes on as before";
}

TEST(RaftTransfer, S3_10_WithoutATargetTheLongestLogIsChosen) {
  auto world = make_world(3);
  elect(world);
  world.isolate(1);
  world.propose(0, "a");
  world.deliver_all();
  operate(world, 0, transfer, {});
  world.deliver_all();
  EXPECT_EQ(world.field(2, "state"), "leader");
}

TEST(RaftTransfer, S3_10_ATargetThatIsNoMemberIsRefused) {
  auto world = make_world(4, {{"initial_members", "3"}});
  elect(world);
  operate(world, 0, transfer, {3});
  operate(world, 0, transfer, {0});
  world.deliver_all();
  EXPECT_TRUE(world.sent<TimeoutNow>().empty());
  EXPECT_FALSE(world.timer(0, timer_transfer).has_value());
}

TEST(RaftTransfer, AStaleTimeoutNowIsNotObeyed) {
  auto world = make_world(3, {{"pre_vote", "false"}, {"check_quorum", "false"}});
  elect(world);
  world.fire(1, timer_election);
  world.deliver_all();
  world.inject(0, 2, TimeoutNow{1});
  EXPECT_EQ(world.field(2, "state"), "follower");
}

}  // namespace
}  // namespace ledgerlab::raft
