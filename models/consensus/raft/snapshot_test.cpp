// Log compaction (paper section 7, figure 13) and what the records of a disk amount to.
#include "models/consensus/raft/raft_test.hpp"

namespace ledgerlab::raft {
namespace {

const std::map<std::string, std::string> small = {{"snapshot_interval", "5"},
                                                  {"snapshot_keep", "2"},
                                                  {"snapshot_chunk", "64 B"},
                                                  {"check_quorum", "false"}};

void propose_many(ModuleWorld& world, NodeId leader, int from, int to) {
  for (int i = from; i < to; ++i) {
    world.propose(leader, "transaction number " + std::to_string(i));
    world.deliver_all();
  }
  world.fire(leader, timer_heartbeat);
  world.deliver_all();
}

TEST(RaftSnapshot, CompactionDropsRecordsAndKeepsWhatIsNeeded) {
  auto world = make_world(3, small);
  elect(world);
  propose_many(world, 0, 0, 40);
  for (NodeId node = 0; node < 3; ++node) {
    EXPECT_LT(world.records(node).size(), 20u) << "the disk is not compacted";
    EXPECT_EQ(world.application(node).height, 40u);
  }
  // All of it survives: term, vote, snapshot and the entries behind it.
  const std::string term = world.field(1, "term");
  const std::string vote = world.field(1, "vote");
  world.crash(1);
  world.restart(1);
  EXPECT_EQ(world.field(1, "term"), term);
  EXPECT_EQ(world.field(1, "vote"), vote);
  EXPECT_EQ(number(world, 1, "durable"), 41u);
  EXPECT_GE(number(world, 1, "commit"), 36u);
}

TEST(RaftSnapshot, NothingIsForgottenBeforeTheSnapshotIsDurable) {
  auto world = make_world(1, small);
  world.start_all();
  world.fire(0, timer_election);
  for (int i = 0; i < 3; ++i) world.propose(0, "t" + std::to_string(i));
  world.set_manual_disk(0, true);
  const std::size_t before = world.records(0).size();
  world.propose(0, "t3");  // with the no-op the fifth entry
  world.persisted(0);      // the entry; its commit takes the snapshot
  EXPECT_GT(world.records(0).size(), before);
  EXPECT_EQ(world.records(0).front().index, 1u);
  world.persisted(0);  // the snapshot
  EXPECT_GT(world.records(0).front().index, 1u);
}

TEST(RaftSnapshot, ALaggingFollowerGetsTheSnapshotInChunksAndTheRestAsEntries) {
  auto world = make_world(3, small);
  elect(world);
  world.isolate(2);
  propose_many(world, 0, 0, 23);
  world.heal();
  world.clear_sent();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_GT(world.sent<InstallSnapshot>().size(), 3u);
  EXPECT_EQ(world.application(2).text, world.application(0).text);
  EXPECT_EQ(world.application(2).height, 23u);
  EXPECT_EQ(world.violation(), "");
}

TEST(RaftSnapshot, ALostChunkIsSentAgainAfterAnElectionTimeout) {
  auto world = make_world(3, small);
  elect(world);
  world.isolate(2);
  propose_many(world, 0, 0, 23);
  world.heal();
  world.fire(0, timer_heartbeat);
  for (int i = 0; i < 12 && world.deliver_one(); ++i) {
  }
  world.drop(0, 2);
  world.drop(2, 0);
  world.deliver_all();
  for (int i = 0; i < 12; ++i) {
    world.fire(0, timer_heartbeat);
    world.deliver_all();
  }
  EXPECT_EQ(world.application(2).height, 23u);
}

TEST(RaftSnapshot, AFollowerALittleBehindIsServedFromMemory) {
  auto world = make_world(
      3, {{"snapshot_interval", "5"}, {"snapshot_keep", "100"}, {"check_quorum", "false"}});
  elect(world);
  world.isolate(2);
  propose_many(world, 0, 0, 23);
  world.heal();
  world.clear_sent();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_TRUE(world.sent<InstallSnapshot>().empty());
  EXPECT_EQ(world.application(2).height, 23u);
}

TEST(RaftSnapshot, AnApplicationBehindTheLogsSnapshotGetsItAtTheStart) {
  auto world = make_world(3, small);
  elect(world);
  propose_many(world, 0, 0, 23);
  world.crash(1);
  world.forget_application(1);
  world.restart(1);
  EXPECT_GE(world.application(1).height, 15u);
  world.fire(0, timer_heartbeat);
  world.deliver_all();
  EXPECT_EQ(world.application(1).text, world.application(0).text);
  EXPECT_EQ(world.violation(), "");
}

TEST(RaftSnapshot, AnApplicationAheadOfTheLogIsNotTakenBack) {
  auto world = make_world(3, {{"check_quorum", "false"}});
  elect(world);
  propose_many(world, 0, 0, 10);
  world.crash(1);
  world.restart(1);  // commit index unknown again, application at height 10
  EXPECT_EQ(number(world, 1, "commit"), 0u);
  propose_many(world, 0, 10, 12);
  EXPECT_EQ(world.application(1).text, world.application(0).text);
  EXPECT_EQ(world.application(1).height, 12u);
  EXPECT_EQ(world.violation(), "");
}

// Found by the swarm (seed 1932): the log of a restarted server ends before what its application
// has on its own disk, and the leader sends a snapshot from between the two.
TEST(RaftSnapshot, ASnapshotBehindTheApplicationReplacesTheLogOnly) {
  auto world = make_world(3, small);
  elect(world);
  propose_many(world, 0, 0, 22);
  ASSERT_EQ(world.application(1).height, 22u);
  world.lose_disk(1);
  world.clear_sent();
  for (int i = 0; i < 3; ++i) {
    world.fire(0, timer_heartbeat);
    world.deliver_all();
  }
  EXPECT_FALSE(world.sent<InstallSnapshot>().empty());
  propose_many(world, 0, 22, 24);
  EXPECT_EQ(world.application(1).text, world.application(0).text);
  EXPECT_EQ(world.violation(), "");
}

TEST(RaftSnapshot, ASnapshotThatIsOldNewsIsAcknowledgedAndIgnored) {
  auto world = make_world(3, {{"check_quorum", "false"}});
  elect(world);
  propose_many(world, 0, 0, 5);
  world.clear_sent();
  world.inject(0, 1, InstallSnapshot{1, 3, 1, 2, {}, {}, 0, {1, 2, 3}, true, {}});
  EXPECT_EQ(world.application(1).height, 5u);
  ASSERT_EQ(world.sent<InstallSnapshotReply>().size(), 1u);
  EXPECT_TRUE(std::get<2>(world.sent<InstallSnapshotReply>()[0]).installed);
}

TEST(RaftSnapshot, ASnapshotTheApplicationRefusesChangesNothing) {
  auto world = make_world(3, {{"check_quorum", "false"}});
  elect(world);
  propose_many(world, 0, 0, 5);
  world.inject(0, 1, InstallSnapshot{1, 300, 1, 200, {}, {}, 0, {1, 2, 3}, true, {}});
  EXPECT_EQ(number(world, 1, "commit"), 6u);
  propose_many(world, 0, 5, 7);
  EXPECT_EQ(world.application(1).height, 7u);
}

// --- records -----------------------------------------------------------------------------------

Record entry_record(std::uint64_t record, std::uint64_t index, std::uint64_t term) {
  static const BlockRef genesis = make_genesis({});
  const BlockRef block = make_log_block(index, genesis->id, empty_payload());
  return {record, Slot::consensus, encode_entry(index, {term, block, {}}), block};
}

Restored restored(const std::vector<Record>& records) {
  return restore_log(records, make_genesis({}), initial_configuration(0, 3));
}

std::string terms_of(const Log& log) {
  std::string out = std::to_string(log.base_index()) + ":";
  for (auto i = log.base_index() + 1; i <= log.last_index(); ++i) {
    out += " " + std::to_string(log.at(i).term) + "@" + std::to_string(log.at(i).record);
  }
  return out;
}

TEST(RaftRecords, ALaterEntryOverridesItsIndexAndAllBehindIt) {
  const std::vector<Record> records = {
      {1, Slot::consensus, encode_hard_state({1, 2}), nullptr},
      entry_record(2, 1, 1),
      entry_record(3, 2, 1),
      entry_record(4, 3, 1),
      {5, Slot::consensus, encode_hard_state({2, no_node}), nullptr},
      entry_record(6, 2, 2)};
  const Restored found = restored(records);
  EXPECT_EQ(terms_of(found.log), "0: 1@2 2@6");
  EXPECT_EQ(found.hard_state.term, 2u);
  EXPECT_EQ(found.hard_state.voted_for, no_node);
  EXPECT_EQ(found.hard_state_record, 5u);
}

TEST(RaftRecords, ASnapshotReplacesThePrefixOrTheWholeLog) {
  auto data = std::make_shared<SnapshotData>();
  data->height = 2;
  for (const bool discards : {false, true}) {
    std::vector<Record> records = {
        entry_record(1, 1, 1),
        entry_record(2, 2, 1),
        entry_record(3, 3, 1),
        {4, Slot::consensus, encode_snapshot({2, 1, data, {}}, discards), nullptr}};
    EXPECT_EQ(terms_of(restored(records).log), discards ? "2:" : "2: 1@3");
    records.push_back(entry_record(5, 3, 2));
    EXPECT_EQ(terms_of(restored(records).log), "2: 2@5");
    records.erase(records.begin(), records.begin() + 2);  // Forget{3}
    EXPECT_EQ(terms_of(restored(records).log), "2: 2@5");
  }
}

TEST(RaftRecords, BrokenRecordsAndGapsEndTheLog) {
  std::vector<Record> records = {
      entry_record(1, 1, 1), {2, Slot::consensus, {1, 2, 3}, nullptr}, entry_record(3, 3, 1)};
  EXPECT_EQ(terms_of(restored(records).log), "0: 1@1");
}

}  // namespace
}  // namespace ledgerlab::raft
