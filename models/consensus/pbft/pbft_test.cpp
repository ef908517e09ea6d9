// One test per rule of the paper (Castro, Liskov 1999; section numbers in the names), on replicas
// that are driven by hand.
#include "models/consensus/pbft/pbft_test.hpp"

#include <filesystem>

namespace ledgerlab::pbft {
namespace {

const std::map<std::string, std::string> often = {{"checkpoint_interval", "2"},
                                                  {"water_mark_window", "4"}};

std::vector<std::string> texts(const ModuleWorld& world, NodeId node) {
  return world.application(node).text;
}

// --- 4.2 -----------------------------------------------------------------------------------------

TEST(PbftPaper, S4_2_ThreePhasesAndTheirMessages) {
  for (const std::uint32_t n : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 10u}) {
    auto world = make_world(n);
    world.start_all();
    world.propose(0, "a");
    world.deliver_all();
    EXPECT_EQ(world.sent<Proposal>().size(), n - 1) << n;
    EXPECT_EQ(world.sent<Prepare>().size(), (n - 1) * (n - 1)) << n;
    EXPECT_EQ(world.sent<Commit>().size(), n * (n - 1)) << n;
    for (NodeId i = 0; i < n; ++i) EXPECT_EQ(texts(world, i), std::vector<std::string>{"a"}) << n;
    EXPECT_EQ(world.violation(), "");
  }
}

TEST(PbftPaper, S4_2_PreparedNeedsAQuorumAndSoDoesCommitted) {
  for (const std::uint32_t n : {4u, 5u, 6u, 7u}) {
    const std::uint32_t q = (n + (n - 1) / 3 + 2) / 2;
    auto world = make_world(n);
    world.start_all();
    const Proposal said = proposal(world, 0, 0, 1, "a");
    world.inject(0, 1, said);  // node 1 prepares: two of the quorum with the primary
    const Order order{0, 1, said.batch->digest};
    for (NodeId other = 2; other < q; ++other) {
      EXPECT_EQ(world.sent<Commit>().size(), 0u) << n << " with " << other;
      world.inject(other, 1, Prepare{order});
    }
    EXPECT_EQ(world.sent<Commit>().size(), n - 1) << n;
    world.inject(0, 1, Commit{order});
    for (NodeId other = 2; other < q; ++other) {
      EXPECT_EQ(texts(world, 1).size(), 0u) << n << " with " << other;
      world.inject(other, 1, Commit{order});
    }
    EXPECT_EQ(texts(world, 1).size(), 1u) << n;
  }
}

TEST(PbftPaper, S4_2_AReplicaCountsOnce) {
  auto world = make_world(4);
  world.start_all();
  const Proposal said = proposal(world, 0, 0, 1, "a");
  world.inject(0, 1, said);
  const Order order{0, 1, said.batch->digest};
  world.drop_all();
  world.clear_sent();
  world.inject(0, 1, Prepare{order});  // the primary has none
  EXPECT_EQ(world.sent<Commit>().size(), 0u);
  world.inject(2, 1, Prepare{order});
  EXPECT_EQ(world.sent<Commit>().size(), 3u);
  world.inject(2, 1, Commit{order});
  world.inject(2, 1, Commit{order});
  EXPECT_EQ(texts(world, 1).size(), 0u);
}

TEST(PbftPaper, S4_2_OnePrePrepareForAViewAndNumber) {
  auto world = make_world(4);
  world.start_all();
  world.inject(0, 1, proposal(world, 0, 0, 1, "a"));
  world.inject(0, 1, proposal(world, 0, 0, 1, "b"));
  ASSERT_EQ(world.sent<Prepare>().size(), 3u);
  for (const auto& [from, to, prepare] : world.sent<Prepare>()) {
    EXPECT_EQ(prepare.digest, batch_of("a")->digest);
  }
}

TEST(PbftPaper, S4_2_OnlyThePrimaryOfTheViewOrders) {
  auto world = make_world(4);
  world.start_all();
  world.inject(2, 1, proposal(world, 2, 0, 1, "a"));
  world.inject(1, 2, proposal(world, 1, 1, 1, "a"));  // primary of view 1, but this is view 0
  EXPECT_EQ(world.sent<Prepare>().size(), 0u);
  // Passed on by another it counts: it is signed by the primary.
  world.inject(2, 1, proposal(world, 0, 0, 1, "a"));
  EXPECT_EQ(world.sent<Prepare>().size(), 3u);
}

TEST(PbftPaper, S4_2_WaterMarksBoundTheNumbers) {
  auto world = make_world(4, often);
  world.start_all();
  world.inject(0, 1, proposal(world, 0, 0, 5, "a"));
  world.inject(0, 1, proposal(world, 0, 0, 0, "a"));
  EXPECT_EQ(world.sent<Prepare>().size(), 0u);
  world.inject(0, 1, proposal(world, 0, 0, 4, "a"));
  EXPECT_EQ(world.sent<Prepare>().size(), 3u);
}

TEST(PbftPaper, S4_2_ABatchIsWhatItsDigestSays) {
  auto world = make_world(4);
  world.start_all();
  Proposal said = proposal(world, 0, 0, 1, "a");
  said.payload = batch_of("b")->block->payload;
  said.batch = nullptr;
  world.inject(0, 1, said);
  EXPECT_EQ(world.sent<Prepare>().size(), 0u);
}

// DESIGN 13.4: an id leaves the signature out; the digest does not.
TEST(PbftPaper, S4_2_SpoiledSignaturesAreAnotherBatch) {
  auto world = make_world(4);
  world.start_all();
  Proposal said = proposal(world, 0, 0, 1, "a");
  Bytes bytes = said.payload->transactions[0]->bytes;
  bytes.back() ^= 1;
  said.payload = make_payload({make_transaction(bytes)});
  said.batch = nullptr;
  ASSERT_EQ(said.payload->root, batch_of("a")->digest.root);
  world.inject(0, 1, said);
  EXPECT_EQ(world.sent<Prepare>().size(), 0u);
}

TEST(PbftPaper, S4_2_AnUnsoundBatchIsNotPrepared) {
  auto world = make_world(4);
  world.start_all();
  world.inject(0, 1, proposal(world, 0, 0, 1, "bad one"));
  EXPECT_EQ(world.sent<Prepare>().size(), 0u);
}

TEST(PbftPaper, S4_2_ExecutionIsInTheOrderOfNumbers) {
  auto world = make_world(4);
  world.start_all();
  const Proposal two = proposal(world, 0, 0, 2, "b");
  const Proposal one = proposal(world, 0, 0, 1, "a");
  for (const Proposal* said : {&two, &one}) {
    const Order order = *said->pre_prepare->as<PrePrepare>();
    world.inject(0, 1, *said);
    for (NodeId other : {2u, 3u}) world.inject(other, 1, Prepare{order});
    for (NodeId other : {0u, 2u}) world.inject(other, 1, Commit{order});
    if (said == &two) EXPECT_EQ(texts(world, 1).size(), 0u);
  }
  EXPECT_EQ(texts(world, 1), (std::vector<std::string>{"a", "b"}));
}

TEST(PbftPaper, S4_2_VotesThatComeBeforeThePrePrepareCount) {
  auto world = make_world(4);
  world.start_all();
  const Proposal said = proposal(world, 0, 0, 1, "a");
  const Order order = *said.pre_prepare->as<PrePrepare>();
  // A liar's vote comes first and opens the tally for another digest.
  world.inject(3, 1, Prepare{{0, 1, batch_of("x")->digest}});
  world.inject(2, 1, Prepare{order});
  for (NodeId other : {0u, 2u}) world.inject(other, 1, Commit{order});
  world.inject(0, 1, said);
  EXPECT_EQ(texts(world, 1), std::vector<std::string>{"a"});
}

// --- 4.3 -----------------------------------------------------------------------------------------

TEST(PbftPaper, S4_3_AStableCheckpointMovesTheWaterMarksAndForgets) {
  auto world = make_world(4, often);
  world.start_all();
  for (const char* text : {"a", "b"}) {
    world.propose(0, text);
    world.deliver_all();
  }
  for (NodeId i = 0; i < 4; ++i) {
    EXPECT_EQ(number(world, i, "h"), 2u);
    for (const Record& record : world.records(i)) EXPECT_GT(record.index, 4u);
  }
  EXPECT_EQ(world.sent<Checkpoint>().size(), 4u * 3u);
}

TEST(PbftPaper, S4_3_ThePrimaryWaitsAtTheHighWaterMark) {
  auto world = make_world(4, often);
  world.start_all();
  for (int i = 0; i < 9; ++i) world.propose(0, std::to_string(i));
  EXPECT_EQ(world.sent<Proposal>().size(), 4u * 3u);
  world.deliver_all();
  EXPECT_EQ(texts(world, 3).size(), 9u) << "goes on when checkpoints become stable";
}

// --- 4.4 -----------------------------------------------------------------------------------------

TEST(PbftPaper, S4_4_AWaitingBackupChangesTheViewAndARequestSurvives) {
  auto world = make_world(4);
  world.start_all();
  world.crash(0);
  for (NodeId i = 1; i < 4; ++i) world.propose(i, "a");
  for (NodeId i = 1; i < 4; ++i) EXPECT_TRUE(world.fire(i, timer_view));
  world.deliver_all();
  for (NodeId i = 1; i < 4; ++i) {
    EXPECT_EQ(number(world, i, "view"), 1u);
    EXPECT_EQ(texts(world, i), std::vector<std::string>{"a"});
  }
}

TEST(PbftPaper, S4_4_WhatWasPreparedKeepsItsNumberInTheNewView) {
  auto world = make_world(4);
  world.start_all();
  world.propose(0, "a");
  // Everything but the COMMITs arrives: prepared everywhere, committed nowhere.
  while (!world.flights().empty()) {
    if (world.flights().front().message->as<Commit>()) break;
    world.deliver_one();
  }
  for (std::size_t i = 0; i < world.flights().size();) {
    if (world.flights()[i].message->as<Commit>()) {
      ++i;
    } else {
      world.deliver(i);
    }
  }
  world.drop_all();
  world.crash(0);
  for (NodeId i = 1; i < 4; ++i) ASSERT_TRUE(world.fire(i, timer_view));
  world.deliver_all();
  for (NodeId i = 1; i < 4; ++i) EXPECT_EQ(texts(world, i), std::vector<std::string>{"a"});
  EXPECT_EQ(world.violation(), "");
}

TEST(PbftPaper, S4_4_WhoHasLeftAViewPreparesNothingInIt) {
  auto world = make_world(4);
  world.start_all();
  const Proposal said = proposal(world, 0, 0, 1, "a");
  const Order order = *said.pre_prepare->as<PrePrepare>();
  world.inject(0, 1, said);
  ASSERT_TRUE(world.fire(1, timer_view));
  world.clear_sent();
  for (NodeId other : {2u, 3u}) world.inject(other, 1, Prepare{order});
  EXPECT_EQ(world.sent<Commit>().size(), 0u);
}

TEST(PbftPaper, S4_4_TheWaitForANewViewDoubles) {
  auto world = make_world(4, {{"view_timeout", "1 s"}, {"view_timeout_max", "4 s"}});
  world.start_all();
  for (NodeId i : {0u, 1u, 2u}) world.propose(i == 0 ? 3 : i, "a");
  std::vector<Duration> waits;
  for (View view = 1; view <= 4; ++view) {
    // Views 1.. fail: VIEW-CHANGEs arrive, no NEW-VIEW ever does.
    for (NodeId i : {1u, 2u, 3u}) {
      if (number(world, i, "view") < view) world.fire(i, timer_view);
    }
    for (std::size_t i = 0; i < world.flights().size();) {
      if (world.flights()[i].message->as<ViewChange>()) {
        world.deliver(i);
      } else {
        ++i;
      }
    }
    world.drop_all();
    ASSERT_EQ(number(world, 3, "view"), view);
    if (view % 4 == 3) continue;  // node 3 is its primary
    const auto due = world.timer(3, timer_view);
    ASSERT_TRUE(due);
    waits.push_back(*due - world.now());
  }
  EXPECT_EQ(waits, (std::vector<Duration>{seconds(1), seconds(2), seconds(4)}));
}

TEST(PbftPaper, S4_5_2_FPlusOneOthersBeyondUsAreJoinedAtTheSmallestView) {
  auto world = make_world(4);
  world.start_all();
  world.inject(2, 1, ViewChange{5, 0, {}, {}});
  EXPECT_EQ(number(world, 1, "view"), 0u);
  world.inject(3, 1, ViewChange{3, 0, {}, {}});
  EXPECT_EQ(number(world, 1, "view"), 3u);
}

TEST(PbftPaper, S4_4_AWrongNewViewDoesNotMoveABackup) {
  auto world = make_world(4);
  world.start_all();
  NewView message{1, {}, {}};
  for (NodeId i : {0u, 1u, 2u}) {
    message.view_changes.push_back(world.seal(i, ViewChange{1, 0, {}, {}}));
  }
  NewView wrong = message;
  wrong.pre_prepares.push_back(world.seal(1, PrePrepare{{1, 1, batch_of("x")->digest}}));
  world.inject(1, 3, wrong);
  EXPECT_EQ(number(world, 3, "view"), 0u);
  world.inject(1, 3, message);
  EXPECT_EQ(number(world, 3, "view"), 1u);
}

// --- restart and state transfer ------------------------------------------------------------------

TEST(PbftRestart, AReplicaNeverVotesTwiceDifferently) {
  auto world = make_world(4);
  world.start_all();
  world.inject(0, 1, proposal(world, 0, 0, 1, "a"));
  world.crash(1);
  world.restart(1);
  world.clear_sent();
  world.inject(0, 1, proposal(world, 0, 0, 1, "b"));
  for (const auto& [from, to, prepare] : world.sent<Prepare>()) {
    EXPECT_EQ(prepare.digest, batch_of("a")->digest);
  }
}

TEST(PbftRestart, NoVoteLeavesBeforeItIsDurable) {
  auto world = make_world(4);
  world.start_all();
  world.set_manual_disk(1, true);
  world.inject(0, 1, proposal(world, 0, 0, 1, "a"));
  EXPECT_EQ(world.sent<Prepare>().size(), 0u);
  world.persisted(1);
  EXPECT_EQ(world.sent<Prepare>().size(), 3u);
}

TEST(PbftRestart, CertificatesSurviveForLaterViewChanges) {
  auto world = make_world(4);
  world.start_all();
  const Proposal said = proposal(world, 0, 0, 1, "a");
  const Order order = *said.pre_prepare->as<PrePrepare>();
  world.inject(0, 1, said);
  world.inject(2, 1, Prepare{order});
  world.crash(1);
  world.restart(1);
  world.clear_sent();
  for (NodeId other : {2u, 3u}) world.inject(other, 1, ViewChange{1, 0, {}, {}});
  const auto changes = world.sent<ViewChange>();
  ASSERT_FALSE(changes.empty());
  ASSERT_EQ(std::get<2>(changes[0]).prepared.size(), 1u);
}

TEST(PbftSync, ALaggingReplicaFetchesTheStateOfAStableCheckpoint) {
  auto world = make_world(4, often);
  world.start_all();
  world.isolate(3);
  for (int i = 0; i < 5; ++i) {
    world.propose(0, std::to_string(i));
    world.deliver_all();
  }
  ASSERT_EQ(texts(world, 3).size(), 0u);
  world.heal();
  world.run_until(world.now() + seconds(5));
  EXPECT_EQ(texts(world, 3), texts(world, 0));
  EXPECT_FALSE(world.sent<StateChunk>().empty());
  EXPECT_EQ(number(world, 3, "h"), 4u);
}

TEST(PbftSync, MissingBatchesAreEnoughWhereTheLogStillHasThem) {
  auto world = make_world(4);
  world.start_all();
  world.isolate(3);
  for (int i = 0; i < 5; ++i) {
    world.propose(0, std::to_string(i));
    world.deliver_all();
  }
  world.heal();
  world.run_until(world.now() + seconds(5));
  EXPECT_EQ(texts(world, 3), texts(world, 0));
  EXPECT_TRUE(world.sent<StateChunk>().empty());
}

// Two replicas that run at full speed each find the other's last word out of date.
TEST(PbftSync, AStatusIsAnsweredOnce) {
  auto world = make_world(4);
  world.start_all();
  world.propose(0, "a");
  world.deliver_all();
  world.clear_sent();
  world.inject(2, 1, Status{0, true, 0, 0, false, false});
  EXPECT_EQ(world.sent<Status>().size(), 1u);
  world.inject(2, 1, Status{0, true, 0, 0, false, true});
  EXPECT_EQ(world.sent<Status>().size(), 1u);
}

// --- 5.1 -----------------------------------------------------------------------------------------

TEST(PbftTentative, AViewChangeUndoesWhatWasOnlyPrepared) {
  auto world = make_world(4, {{"tentative_execution", "true"}});
  world.start_all();
  const Proposal said = proposal(world, 0, 0, 1, "a");
  world.inject(0, 1, said);
  world.inject(2, 1, Prepare{*said.pre_prepare->as<PrePrepare>()});
  EXPECT_EQ(texts(world, 1), std::vector<std::string>{"a"}) << "executed when prepared";
  EXPECT_FALSE(world.final_at(1, 1));
  for (NodeId other : {2u, 3u}) world.inject(other, 1, ViewChange{1, 0, {}, {}});
  EXPECT_EQ(texts(world, 1).size(), 0u);
  EXPECT_EQ(world.violation(), "");
}

TEST(PbftTentative, ACommitMakesItFinalWithoutExecutingAgain) {
  auto world = make_world(4, {{"tentative_execution", "true"}});
  world.start_all();
  for (int i = 0; i < 7; ++i) world.propose(0, std::to_string(i));
  world.deliver_all();
  for (NodeId i = 0; i < 4; ++i) {
    EXPECT_EQ(texts(world, i).size(), 7u);
    EXPECT_TRUE(world.final_at(i, 7));
  }
  EXPECT_EQ(world.violation(), "");
}

TEST(PbftTranscripts, SayWhatHappens) {
  for (const auto& file : std::filesystem::directory_iterator(LEDGERLAB_TESTDATA)) {
    test::Transcript transcript(info(), {"view", "status", "batch"});
    EXPECT_EQ(transcript.check(file.path()), "");
  }
}

}  // namespace
}  // namespace ledgerlab::pbft
