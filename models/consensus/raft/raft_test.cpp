// One test per rule of the paper (Ongaro, Ousterhout 2014; section numbers in the names and
// comments), for elections and safety. Replication, snapshots and swarms are in the other files.
#include "models/consensus/raft/raft_test.hpp"

#include <cstdlib>

namespace ledgerlab::raft {
namespace {

const std::map<std::string, std::string> plain = {{"pre_vote", "false"}, {"check_quorum", "false"}};

// --- 5.1 -------------------------------------------------------------------------------------

TEST(RaftPaper, S5_1_ALargerTermIsTakenOverByAllStates) {
  for (const char* state : {"follower", "candidate", "leader"}) {
    auto world = make_world(3, plain);
    world.start_all();
    if (state != std::string("follower")) world.fire(0, timer_election);
    if (state == std::string("leader")) world.deliver_all();
    ASSERT_EQ(world.field(0, "state"), state);
    world.inject(1, 0, AppendEntries{9, 0, 0, 0, {}});
    EXPECT_EQ(world.field(0, "state"), "follower") << state;
    EXPECT_EQ(number(world, 0, "term"), 9u);
    EXPECT_EQ(world.field(0, "leader"), "1");
  }
}

TEST(RaftPaper, S5_1_AStaleTermIsRefusedAndToldTheNewOne) {
  auto world = make_world(3, plain);
  world.preload(0, disk_with({}, 5));
  world.start_all();
  world.inject(1, 0, AppendEntries{4, 0, 0, 0, {}});
  const auto replies = world.sent<AppendEntriesReply>();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_FALSE(std::get<2>(replies[0]).success);
  EXPECT_EQ(std::get<2>(replies[0]).term, 5u);
  EXPECT_EQ(world.field(0, "leader"), "-") << "a stale leader must not be followed";
  world.inject(1, 0, RequestVote{4, 100, 4});
  const auto votes = world.sent<VoteReply>();
  ASSERT_EQ(votes.size(), 1u);
  EXPECT_FALSE(std::get<2>(votes[0]).granted);
  EXPECT_EQ(std::get<2>(votes[0]).term, 5u);
}

// --- 5.2 -------------------------------------------------------------------------------------

TEST(RaftPaper, S5_2_ServersBeginAsFollowersAndStandAfterTheirTimeout) {
  auto world = make_world(5, plain);
  world.start_all();
  for (NodeId node = 0; node < 5; ++node) EXPECT_EQ(world.field(node, "state"), "follower");
  world.fire(2, timer_election);
  EXPECT_EQ(world.field(2, "state"), "candidate");
  EXPECT_EQ(number(world, 2, "term"), 1u);
  EXPECT_EQ(world.field(2, "vote"), "2");
  EXPECT_EQ(world.sent<RequestVote>().size(), 4u);
}

TEST(RaftPaper, S5_2_AMajorityOfVotesWinsAndLessDoesNot) {
  for (std::uint32_t n = 1; n <= 9; ++n) {
    for (std::uint32_t yes = 0; yes < n; ++yes) {
      auto world = make_world(n, plain);
      world.start_all();
      world.fire(0, timer_election);
      for (NodeId voter = 1; voter <= yes; ++voter) world.inject(voter, 0, VoteReply{1, true});
      const bool wins = yes + 1 >= n / 2 + 1;
      EXPECT_EQ(world.field(0, "state"), wins ? "leader" : "candidate") << n << " " << yes;
    }
  }
}

TEST(RaftPaper, S5_2_OneVotePerTermFirstComeFirstServed) {
  auto world = make_world(3, plain);
  world.start_all();
  world.inject(1, 0, RequestVote{1, 0, 0});
  world.inject(2, 0, RequestVote{1, 0, 0});
  world.inject(1, 0, RequestVote{1, 0, 0});  // a repeated request gets the same answer
  world.inject(2, 0, RequestVote{2, 0, 0});  // a new term, a new vote
  std::vector<bool> granted;
  for (const auto& [from, to, reply] : world.sent<VoteReply>()) granted.push_back(reply.granted);
  EXPECT_EQ(granted, (std::vector<bool>{true, false, true, true}));
}

TEST(RaftPaper, S5_2_ACandidateYieldsToALeaderOfItsTermOnly) {
  auto world = make_world(3, plain);
  world.preload(0, disk_with({}, 3));
  world.start_all();
  world.fire(0, timer_election);
  world.inject(1, 0, AppendEntries{3, 0, 0, 0, {}});
  EXPECT_EQ(world.field(0, "state"), "candidate");
  world.inject(1, 0, AppendEntries{4, 0, 0, 0, {}});
  EXPECT_EQ(world.field(0, "state"), "follower");
  EXPECT_EQ(world.field(0, "leader"), "1");
}

TEST(RaftPaper, S5_2_StaleAndRepeatedVotesAreNotCounted) {
  auto world = make_world(5, plain);
  world.start_all();
  world.fire(0, timer_election);
  world.drop_all();
  world.inject(1, 0, VoteReply{1, true});
  world.inject(1, 0, VoteReply{1, true});
  world.inject(1, 0, VoteReply{1, true});
  EXPECT_EQ(world.field(0, "state"), "candidate") << "one voter counted more than once";
  world.fire(0, timer_election);  // term 2
  world.inject(2, 0, VoteReply{1, true});
  world.inject(3, 0, VoteReply{1, true});
  world.inject(4, 0, VoteReply{1, true});
  EXPECT_EQ(world.field(0, "state"), "candidate") << "votes of term 1 counted in term 2";
}

TEST(RaftPaper, S5_2_TimeoutsAreDrawnFromTheIntervalAnewForEachElection) {
  auto world = make_world(7, {{"election_timeout_min", "150 ms"},
                              {"election_timeout_max", "300 ms"},
                              {"heartbeat_interval", "30 ms"},
                              {"pre_vote", "false"}});
  world.start_all();
  std::set<std::int64_t> seen;
  for (int round = 0; round < 40; ++round) {
    for (NodeId node = 0; node < 7; ++node) {
      const Duration timeout = *world.timer(node, timer_election) - world.now();
      EXPECT_GE(timeout, ms(150));
      EXPECT_LE(timeout, ms(300));
      seen.insert(count_ns(timeout));
    }
    for (NodeId node = 0; node < 7; ++node) world.crash(node);
    for (NodeId node = 0; node < 7; ++node) world.start(node);
  }
  EXPECT_GT(seen.size(), 270u) << "timeouts repeat: elections would stay split";
}

TEST(RaftPaper, S5_2_AVoteRestartsTheElectionTimerARefusalDoesNot) {
  auto world = make_world(3, plain);
  world.preload(0, disk_with({1, 1}, 1));
  world.start_all();
  const Time before = *world.timer(0, timer_election);
  world.advance(ms(10));
  world.inject(1, 0, RequestVote{2, 0, 0});  // its log is too short
  EXPECT_EQ(*world.timer(0, timer_election), before);
  world.inject(2, 0, RequestVote{2, 2, 1});
  EXPECT_GT(*world.timer(0, timer_election), world.now());
  EXPECT_NE(*world.timer(0, timer_election), before);
}

// --- 5.4.1 -----------------------------------------------------------------------------------

TEST(RaftPaper, S5_4_1_OnlyAnUpToDateLogGetsAVote) {
  struct Case {
    std::vector<std::uint64_t> voter;
    std::uint64_t last_index, last_term;
    bool granted;
  };
  const std::vector<Case> cases = {
      {{1}, 1, 1, true},     {{1}, 2, 1, true},    {{1, 1}, 1, 1, false}, {{1}, 1, 2, true},
      {{1}, 2, 2, true},     {{1, 1}, 1, 2, true}, {{2}, 1, 1, false},    {{2}, 2, 1, false},
      {{1, 2}, 9, 1, false}, {{1, 1}, 2, 1, true}, {{}, 0, 0, true},
  };
  for (const bool pre : {false, true}) {
    for (const Case& c : cases) {
      auto world = make_world(3, plain);
      world.preload(0, disk_with(c.voter, 3));
      world.start_all();
      if (pre) {
        world.inject(1, 0, RequestPreVote{4, c.last_index, c.last_term});
        EXPECT_EQ(std::get<2>(world.sent<PreVoteReply>().at(0)).granted, c.granted);
      } else {
        world.inject(1, 0, RequestVote{4, c.last_index, c.last_term});
        EXPECT_EQ(std::get<2>(world.sent<VoteReply>().at(0)).granted, c.granted);
      }
    }
  }
}

// --- persistence: figure 2, and the gate -----------------------------------------------------

TEST(RaftPaper, Figure2_TheVoteIsDurableBeforeItIsSent) {
  auto world = make_world(3, plain);
  world.start_all();
  world.set_manual_disk(0, true);
  world.inject(1, 0, RequestVote{1, 0, 0});
  EXPECT_TRUE(world.sent<VoteReply>().empty());
  world.inject(1, 0, RequestVote{1, 0, 0});  // answered from memory: still not durable
  EXPECT_TRUE(world.sent<VoteReply>().empty());
  world.persisted(0);
  EXPECT_EQ(world.sent<VoteReply>().size(), 2u);
}

TEST(RaftPaper, Figure2_ARestartedServerDoesNotVoteAgain) {
  auto world = make_world(3, plain);
  world.start_all();
  world.inject(1, 0, RequestVote{1, 0, 0});
  world.crash(0);
  world.restart(0);
  EXPECT_EQ(world.field(0, "vote"), "1");
  world.clear_sent();
  world.inject(2, 0, RequestVote{1, 0, 0});
  EXPECT_FALSE(std::get<2>(world.sent<VoteReply>().at(0)).granted);
}

TEST(RaftPaper, Figure2_ACandidateAsksOnlyWhenItsOwnVoteIsDurable) {
  auto world = make_world(3, plain);
  world.start_all();
  world.set_manual_disk(0, true);
  world.fire(0, timer_election);
  EXPECT_TRUE(world.sent<RequestVote>().empty());
  world.persisted(0);
  EXPECT_EQ(world.sent<RequestVote>().size(), 2u);
}

// --- dissertation 9.6, 4.2.3, 6.2 ------------------------------------------------------------

TEST(RaftDissertation, S9_6_PreVoteKeepsTheTermOfAServerThatCannotWin) {
  auto world = make_world(3);
  elect(world);
  world.isolate(2);
  for (int i = 0; i < 10; ++i) {
    world.fire(2, timer_election);
    world.deliver_all();
  }
  EXPECT_EQ(number(world, 2, "term"), 1u);
  world.heal();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.field(0, "state"), "leader");
  EXPECT_EQ(world.field(2, "leader"), "0");
  EXPECT_EQ(number(world, 0, "term"), 1u);
}

TEST(RaftDissertation, S9_6_WithoutPreVoteTheSameServerDeposesTheLeader) {
  auto world = make_world(3, plain);
  elect(world);
  world.isolate(2);
  for (int i = 0; i < 10; ++i) world.fire(2, timer_election);
  world.heal();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_NE(world.field(0, "state"), "leader");
}

TEST(RaftDissertation, S4_2_3_WhoHearsALeaderGivesNeitherVoteNorPreVote) {
  auto world = make_world(3);
  elect(world);
  world.inject(2, 1, RequestVote{7, 100, 7});
  EXPECT_TRUE(world.sent<VoteReply>().empty());
  EXPECT_EQ(number(world, 1, "term"), 1u);
  world.inject(2, 1, RequestPreVote{2, 100, 7});
  ASSERT_EQ(world.sent<PreVoteReply>().size(), 1u);
  EXPECT_FALSE(std::get<2>(world.sent<PreVoteReply>()[0]).granted);
  world.advance(seconds(1));  // election_timeout_min without a word
  world.inject(2, 1, RequestPreVote{2, 100, 7});
  EXPECT_TRUE(std::get<2>(world.sent<PreVoteReply>()[1]).granted);
  world.inject(2, 1, RequestVote{7, 100, 7});
  EXPECT_TRUE(std::get<2>(world.sent<VoteReply>().at(0)).granted);
}

TEST(RaftDissertation, S6_2_ALeaderWithoutAQuorumOfAnswersStepsDown) {
  auto world = make_world(5);
  elect(world);
  ASSERT_TRUE(world.fire(0, timer_check_quorum));
  EXPECT_EQ(world.field(0, "state"), "leader") << "all have answered";
  world.cut(0, 1);
  world.cut(0, 2);
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  world.fire(0, timer_check_quorum);
  EXPECT_EQ(world.field(0, "state"), "leader") << "three of five are a quorum";
  world.cut(0, 3);
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  world.fire(0, timer_check_quorum);
  EXPECT_EQ(world.field(0, "state"), "follower");
  EXPECT_EQ(world.field(0, "leader"), "-");
  EXPECT_FALSE(world.timer(0, timer_heartbeat).has_value());
  EXPECT_TRUE(world.timer(0, timer_election).has_value());
}

TEST(Raft, TheInitialLeaderStandsAtOnceInItsFirstLifeOnly) {
  auto world = make_world(3, {{"initial_leader", "1"}});
  world.start_all();
  EXPECT_EQ(*world.timer(1, timer_election), world.now());
  EXPECT_GT(*world.timer(0, timer_election), world.now());
  world.crash(1);
  world.restart(1);
  EXPECT_GT(*world.timer(1, timer_election), world.now());
}

TEST(Raft, OneServerAloneLeadsAndCommits) {
  auto world = make_world(1);
  world.start_all();
  world.fire(0, timer_election);
  EXPECT_EQ(world.field(0, "state"), "leader");
  world.propose(0, "a");
  EXPECT_EQ(world.application(0).text, std::vector<std::string>{"a"});
  EXPECT_TRUE(world.sent<AppendEntries>().empty());
}

TEST(Raft, ParametersThatContradictEachOtherAreNamed) {
  const auto check = [](std::map<std::string, std::string> changes) {
    return info().check(test::params_of(info(), changes), 3);
  };
  EXPECT_EQ(check({}), "");
  EXPECT_NE(check({{"election_timeout_max", "1 ms"}}).find("election_timeout_max"),
            std::string::npos);
  EXPECT_NE(check({{"heartbeat_interval", "5 s"}}).find("heartbeat_interval"), std::string::npos);
  EXPECT_NE(check({{"initial_leader", "3"}}).find("initial_leader"), std::string::npos);
}

// --- transcripts -----------------------------------------------------------------------------

class RaftTranscript : public testing::TestWithParam<const char*> {};

TEST_P(RaftTranscript, SaysWhatHappens) {
  test::Transcript transcript(info(), {"election", "heartbeat", "check-quorum", "batch", "transfer"});
  // disk NODE TERM T1,T2,...: before start, the log holds entries of these terms.
  transcript.add_command("disk", [](ModuleWorld& world, const std::vector<std::string>& words) {
    std::vector<std::uint64_t> terms;
    std::istringstream in(words.size() > 3 ? words[3] : "");
    for (std::string term; std::getline(in, term, ',');) terms.push_back(std::stoull(term));
    world.preload(static_cast<NodeId>(std::stoul(words.at(1))),
                  disk_with(terms, std::stoull(words.at(2))));
    return std::string();
  });
  // operate NODE ACTION SERVERS...: an operator asks this server.
  transcript.add_command("operate", [](ModuleWorld& world, const std::vector<std::string>& words) {
    const std::vector<std::string> names = {"transfer_leadership", "add_server", "remove_server",
                                            "change_members"};
    const auto name = std::find(names.begin(), names.end(), words.at(2));
    std::vector<NodeId> nodes;
    for (std::size_t i = 3; i < words.size(); ++i) {
      nodes.push_back(static_cast<NodeId>(std::stoul(words[i])));
    }
    operate(world, static_cast<NodeId>(std::stoul(words.at(1))),
            static_cast<OperateAction>(name - names.begin()), std::move(nodes));
    return std::string();
  });
  const auto file = std::filesystem::path(LEDGERLAB_TESTDATA) / (std::string(GetParam()) + ".txt");
  EXPECT_EQ(transcript.check(file), "");
}

INSTANTIATE_TEST_SUITE_P(Files, RaftTranscript,
                         testing::Values("election", "split_vote", "pre_vote", "check_quorum",
                                         "figure_7", "figure_8", "snapshot", "restart",
                                         "transfer", "add_server", "remove_leader", "joint",
                                         "read_index"));

}  // namespace
}  // namespace ledgerlab::raft
