// Proof of work, rule by rule: growth, reorganisation, orphans, refusals, settlement, restarts.
#include "models/consensus/pow/pow_test.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace ledgerlab::pow::test {
namespace {

const PowWorld::Changes short_chain = {{"settlement_depth", "3"}, {"block_interval", "10 s"}};

PowWorld::Changes with(PowWorld::Changes more) {
  more.insert(short_chain.begin(), short_chain.end());
  return more;
}

void expect_one_head(const PowWorld& w) {
  for (const auto& n : w.nodes) EXPECT_EQ(n.head->id, w.nodes[0].head->id);
}

TEST(Chain, GrowsAndEveryoneFollows) {
  PowWorld w(3, short_chain);
  w.propose(0, "a");
  w.fire(0, TimerKind::refresh);
  w.mine(0);
  w.mine(1, 2);
  w.mine(2);
  expect_one_head(w);
  EXPECT_EQ(w.height(0), 4u);
  EXPECT_EQ(w.nodes[2].heads.front()->payload->transactions.size(), 1u);
  // Settled: those with three confirmations, in order, at every node.
  for (const auto& n : w.nodes) {
    ASSERT_EQ(n.finals.size(), 2u);
    EXPECT_EQ(n.finals[0]->height, 1u);
    EXPECT_EQ(n.finals[1]->height, 2u);
  }
}

TEST(Chain, HeadersCarryTheirRoots) {
  PowWorld w(2, short_chain);
  const TxRef tx = w.propose(1, "a");
  w.fire(1, TimerKind::refresh);
  w.mine(1);
  const Block& b = *w.nodes[0].head;
  const auto h = header_of(b);
  ASSERT_TRUE(h);
  EXPECT_EQ(h->parent, w.genesis->id);
  EXPECT_EQ(h->tx_root, b.payload->root);
  EXPECT_EQ(b.payload->transactions[0]->id, tx->id);
  EXPECT_EQ(h->state_root, w.nodes[0].roots[b.id]);
  EXPECT_EQ(h->miner, 1u);
  EXPECT_EQ(b.id, sha256d(b.header));
  EXPECT_EQ(b.header.size(), 164u);
}

TEST(Reorganisation, OneOfManyBatchesIsFetchedToItsEnd) {
  PowWorld w(3, with({{"settlement_depth", "200"}, {"sync_batch", "4"}}));
  w.mine(0, 9);
  w.cut({0});
  w.mine(0, 60);
  w.mine(1, 70);
  w.cuts.clear();
  w.mine(2);
  expect_one_head(w);
  EXPECT_EQ(w.height(0), 80u);
  EXPECT_EQ(w.field(0, "deepest_reorg"), "60");
}

TEST(Reorganisation, HeavierChainWinsAndTheStateFollows) {
  PowWorld w(4, with({{"settlement_depth", "10"}}));
  w.mine(0);
  w.cut({0, 1});
  w.mine(0, 2);
  w.mine(3, 3);
  EXPECT_EQ(w.height(1), 3u);
  EXPECT_EQ(w.height(2), 4u);
  EXPECT_NE(w.nodes[1].head->id, w.nodes[2].head->id);
  w.cuts.clear();
  w.mine(2);
  expect_one_head(w);
  EXPECT_EQ(w.height(0), 5u);
  EXPECT_EQ(w.field(0, "deepest_reorg"), "2");
  EXPECT_EQ(w.field(2, "deepest_reorg"), "0");
  // The loser announced heads of both branches, and one Adopt carried it over.
  EXPECT_EQ(w.nodes[1].heads.back()->height, 5u);
}

TEST(Reorganisation, FirstSeenStaysAtEqualWeight) {
  PowWorld w(2, short_chain);
  w.cut({0});
  w.mine(0);
  w.mine(1);
  const BlockId own = w.nodes[0].head->id;
  const BlockRef other = w.nodes[1].head;
  w.cuts.clear();
  w.relay(1, 0, *header_of(*other), other->payload);
  EXPECT_EQ(w.nodes[0].head->id, own);
  EXPECT_EQ(w.field(0, "tree"), "3") << "known, and ready should it grow";
}

TEST(Orphans, TheSenderIsAskedForTheParent) {
  PowWorld w(3, short_chain);
  w.cut({2});
  w.mine(0, 4);
  w.cuts.clear();
  w.advance(seconds(1));
  w.find(0);
  // Node 2 hears of block 5 first from the relay of node 0.
  while (!w.flights.empty() && w.flights.front().to != 2) w.deliver(0);
  w.deliver(0);
  EXPECT_EQ(w.field(2, "orphans"), "1");
  ASSERT_EQ(w.count_sent("GetBlocks"), 1u);
  w.deliver_all();
  EXPECT_EQ(w.height(2), 5u);
  EXPECT_EQ(w.field(2, "orphans"), "0");
  EXPECT_EQ(w.count_sent("GetBlocks"), 1u);
  EXPECT_EQ(w.count_sent("Block"), 4u) << "one question brought all four";
  EXPECT_FALSE(w.timer_set(2, TimerKind::sync));
}

TEST(Orphans, LongGapsComeInBatchesAndSilentPeersAreReplaced) {
  PowWorld w(3, with({{"sync_batch", "4"}}));
  w.cut({2});
  w.mine(0, 18);
  w.cuts.clear();
  w.cuts.insert({2, 0});  // node 0 never hears the question
  w.advance(seconds(1));
  w.find(0);
  w.deliver_all();
  EXPECT_EQ(w.height(2), 0u);
  w.fire(2, TimerKind::sync);
  w.deliver_all();
  EXPECT_EQ(w.height(2), 19u);
  expect_one_head(w);
  EXPECT_EQ(w.count_sent("Block"), 18u);
  EXPECT_EQ(w.nodes[2].finals.size(), 17u) << "every settled block is announced, none skipped";
}

TEST(Refusal, OfWhatBreaksARule) {
  PowWorld w(2, short_chain);
  w.mine(0, 3);
  const Block& tip = *w.nodes[0].head;
  const auto refused = [&](auto change, const std::string& why) {
    const Height before = w.height(0);
    w.relay(1, 0, w.forge(tip, change), empty_payload());
    EXPECT_TRUE(w.last_note_has(0, why)) << why << " / " << w.nodes[0].notes.back();
    EXPECT_EQ(w.height(0), before) << why;
  };
  refused(
      [](Header& h) {
        h.version = version_difficulty;
        h.difficulty = 5;
      },
      "version");
  refused([](Header& h) { h.tx_root = {}; }, "transaction root");
  refused([](Header& h) { h.bits = 0x1d80ffff; }, "target");
  refused([](Header& h) { h.bits = work::encode_compact(U256::max() >> 1); }, "difficulty");
  refused([](Header& h) { h.time = 0; }, "median");
  refused(
      [&](Header& h) {
        h.time = static_cast<std::uint64_t>(count_ns(w.now() + seconds(7'200))) + 1;
      },
      "too far ahead");
  refused([](Header& h) { h.height += 1; }, "height");
  refused([](Header& h) { h.signatures.data[0] = 1; }, "signatures");
  // The work itself: another nonce is none.
  Header h = w.forge(tip, [](Header&) {});
  ++h.nonce;
  w.relay(1, 0, h, empty_payload());
  EXPECT_TRUE(w.last_note_has(0, "work"));
  --h.nonce;
  w.relay(1, 0, h, empty_payload());
  EXPECT_EQ(w.height(0), 4u) << "and the same block with its work is taken";
}

TEST(Refusal, ASpoiltSignatureDoesNotPoisonTheBlock) {
  PowWorld w(2, short_chain);
  w.propose(0, "a");
  w.fire(0, TimerKind::refresh);
  w.advance(seconds(1));
  w.find(0);
  w.flights.clear();
  const Block& honest = *w.nodes[0].head;
  Bytes bytes = honest.payload->transactions[0]->bytes;
  bytes.back() ^= 1;
  const Header header = *header_of(honest);
  w.relay(9, 1, header, make_payload({make_transaction(std::move(bytes))}));
  EXPECT_TRUE(w.last_note_has(1, "signatures"));
  w.relay(0, 1, header, honest.payload);
  EXPECT_EQ(w.nodes[1].head->id, honest.id) << "the same id, with its true signatures";
}

TEST(Refusal, AnInvalidStateMarksTheBranchAndTheNextBestIsChosen) {
  PowWorld w(2, with({{"settlement_depth", "10"}}));
  w.mine(0);
  const BlockRef tip = w.nodes[0].head;
  w.cuts = {{0, 1}, {1, 0}};
  Header bad = w.forge(*tip, [](Header& h) { h.state_root.data[0] ^= 1; });
  w.relay(1, 0, bad, empty_payload());
  EXPECT_TRUE(w.last_note_has(0, "execution"));
  EXPECT_EQ(w.nodes[0].head->id, tip->id);
  // A child of it is no better, however much work stands on it; an honest sibling is taken.
  const MinedBlock bad_block = make_mined(bad, empty_payload());
  Header child = w.forge(*bad_block.block, [](Header&) {});
  w.relay(1, 0, child, empty_payload());
  EXPECT_EQ(w.nodes[0].head->id, tip->id);
  w.mine(0);
  EXPECT_EQ(w.height(0), 2u);
  EXPECT_EQ(w.nodes[0].head->parent, tip->id);
}

TEST(Settlement, WhatIsSettledIsNeverUndone) {
  PowWorld w(2, short_chain);
  w.cut({0});
  w.mine(0, 4);
  w.mine(1, 9);
  ASSERT_EQ(w.nodes[0].finals.back()->height, 2u);
  const BlockId head = w.nodes[0].head->id;
  w.cuts.clear();
  w.mine(1);
  EXPECT_EQ(w.nodes[0].head->id, head) << "a heavier chain that conflicts with block 2";
  w.mine(0);
  EXPECT_EQ(w.height(0), 5u);
  EXPECT_EQ(w.nodes[0].finals.back()->height, 3u);
}

TEST(Settlement, DepthFollowsFromTheStatedRisk) {
  PowWorld w(1);
  EXPECT_EQ(settlement_depth(w.params), 6u);
  EXPECT_EQ(settlement_risk_ppb(w.params), 591'413u);
  const Params strict = params_of(*w.info, {{"settlement_risk", "0.0000001"}});
  EXPECT_GT(settlement_depth(strict), 9u);
  EXPECT_LT(settlement_risk_ppb(strict), 100u);
  EXPECT_EQ(settlement_depth(params_of(*w.info, {{"settlement_depth", "2"}})), 2u);
  EXPECT_FALSE(w.info->check(params_of(*w.info, {{"adversary_share", "49.9 %"}}), 1).empty());
  EXPECT_TRUE(w.info->check(w.params, 1).empty());
}

TEST(Restart, FromTheLogToTheSameHead) {
  PowWorld w(3, short_chain);
  w.mine(1, 30);
  const BlockId head = w.nodes[0].head->id;
  EXPECT_LE(w.nodes[0].records.size(), 30u) << "settled blocks leave the log";
  w.crash(0);
  w.mine(2, 20);
  w.crash(2);
  w.cut({0});
  w.restart(0);
  EXPECT_EQ(w.nodes[0].head->id, head) << "its own disk leads back to where it was";
  EXPECT_EQ(w.nodes[0].finals.size(), 0u) << "settled before the crash, not again";
  w.cuts.clear();
  w.flights.clear();
  w.crash(0);
  w.restart(0);
  EXPECT_EQ(w.count_sent("GetTip"), 4u);
  w.deliver_all();
  EXPECT_EQ(w.height(0), 50u);
  EXPECT_EQ(w.nodes[0].head->id, w.nodes[1].head->id);
  EXPECT_EQ(w.nodes[0].finals.front()->height, 29u);
  EXPECT_EQ(w.nodes[0].finals.back()->height, 48u);
  w.mine(0);
  EXPECT_EQ(w.height(1), 51u) << "and it mines on";
}

TEST(Restart, RestoredBlocksObeyTheSameTimestampRule) {
  PowWorld w(2, short_chain);
  w.mine(0, 40);
  w.crash(1);
  w.restart(1);
  // A time just past the median of the last eleven is fine for both, one not past it for neither.
  const Block& tip = *w.nodes[0].head;
  std::vector<std::uint64_t> times;
  for (std::size_t i = 0; i < 11; ++i) {
    times.push_back(header_of(*w.nodes[0].heads[w.nodes[0].heads.size() - 1 - i])->time);
  }
  std::sort(times.begin(), times.end());
  for (const NodeId node : {0u, 1u}) {
    w.relay(9, node, w.forge(tip, [&](Header& h) { h.time = times[5]; }), empty_payload());
    EXPECT_TRUE(w.last_note_has(node, "median"));
    w.relay(9, node, w.forge(tip, [&](Header& h) { h.time = times[5] + 1; }), empty_payload());
    EXPECT_EQ(w.height(node), 41u);
  }
}

TEST(Restart, EveryPrefixOfTheLogIsAGoodStart) {
  // A crash keeps what was synced: any prefix of the records and the settled block of that moment.
  PowWorld w(2, with({{"retarget", "bitcoin"}, {"retarget_window", "5"}}));
  std::vector<PowWorld::Disk> moments;
  for (int i = 0; i < 40; ++i) {
    w.mine(static_cast<NodeId>(i % 2));
    moments.push_back(w.disk(1));
  }
  for (const auto& m : moments) {
    w.restart_from(1, m);
    w.deliver_all();
    ASSERT_EQ(w.nodes[1].head->id, w.nodes[0].head->id) << m.final_block->height;
    ASSERT_EQ(w.field(1, "refused"), "0");
  }
}

TEST(Poll, AQuietNodeAsksANeighbour) {
  PowWorld w(2, short_chain);
  w.cut({0});
  w.mine(1, 2);
  w.cuts.clear();
  w.fire(0, TimerKind::poll);
  EXPECT_EQ(w.count_sent("GetTip"), 1u);
  w.deliver_all();
  EXPECT_EQ(w.height(0), 2u);
  w.fire(0, TimerKind::poll);
  EXPECT_EQ(w.count_sent("GetTip"), 1u) << "its head has moved since";
  w.fire(0, TimerKind::poll);
  EXPECT_EQ(w.count_sent("GetTip"), 2u);
}

TEST(Mining, ABlockCarriesTheTimeOfItsFindAndHomesteadsDifficultyFallsMeanwhile) {
  PowWorld w(1, with({{"block_interval", "10 s"}, {"retarget", "homestead"}}));
  w.mine(0);
  const std::uint64_t parent_time = header_of(*w.nodes[0].head)->time;
  EXPECT_EQ(parent_time, static_cast<std::uint64_t>(count_ns(w.now())));
  const WorkSearch first = *w.nodes[0].search;
  w.fire(0, TimerKind::step);  // at 10 s ln 2 = 6.93147181 s after the parent
  EXPECT_EQ(static_cast<std::uint64_t>(count_ns(w.now())) - parent_time, 6'931'471'810u);
  EXPECT_GT(w.nodes[0].search->target, first.target) << "easier";
  w.mine(0);
  const auto header = header_of(*w.nodes[0].head);
  EXPECT_EQ(header->time, parent_time + 7'931'471'810u);
}

TEST(Mining, AFindWhoseTimeHasAnotherDifficultyIsNoBlock) {
  PowWorld w(1, with({{"block_interval", "10 s"}, {"retarget", "homestead"}}));
  w.mine(0);
  w.advance(seconds(30));  // the clock was set: no timer fired
  w.find(0);
  EXPECT_EQ(w.height(0), 1u);
  EXPECT_TRUE(w.nodes[0].search) << "and the search goes on";
  w.find(0);
  EXPECT_EQ(w.height(0), 2u);
}

TEST(Mining, TimesAreWholeUnits) {
  PowWorld w(
      1,
      with({{"retarget", "homestead"}, {"timestamp_unit", "1 s"}, {"homestead_step", "2500 ms"}}));
  w.mine(0);
  w.fire(0, TimerKind::step);
  const std::uint64_t parent = header_of(*w.nodes[0].head)->time;
  EXPECT_EQ(static_cast<std::uint64_t>(count_ns(w.now())), parent + 3'000'000'000u)
      << "a stamp of 2.5 s does not exist";
  w.advance(ms(700));
  w.nodes[0].search->earliest = 0;
  w.find(0);
  EXPECT_EQ(header_of(*w.nodes[0].head)->time, parent + 3'000'000'000u);
}

TEST(Mining, TheSameTemplateIsNotSearchedAnew) {
  PowWorld w(1, short_chain);
  w.propose(0, "a");
  w.fire(0, TimerKind::refresh);
  const Hash256 header = w.nodes[0].search->header;
  w.nodes[0].search->header = {};  // would be replaced by another effect
  w.propose(0, "b");
  w.nodes[0].pool.pop_back();  // the pool gives the same as before
  w.fire(0, TimerKind::refresh);
  EXPECT_EQ(w.nodes[0].search->header, Hash256{});
  w.nodes[0].search->header = header;
  w.mine(0);
  EXPECT_EQ(w.height(0), 1u);
}

TEST(Mining, RefreshTakesUpWhatWaits) {
  PowWorld w(1, short_chain);
  EXPECT_FALSE(w.timer_set(0, TimerKind::refresh)) << "nothing waits";
  w.propose(0, "a");
  w.fire(0, TimerKind::refresh);
  w.mine(0);
  EXPECT_EQ(w.nodes[0].head->payload->transactions.size(), 1u);
  EXPECT_EQ(header_of(*w.nodes[0].head)->time, static_cast<std::uint64_t>(count_ns(w.now())));
}

TEST(Mining, WithoutEmptyBlocksItWaitsForATransaction) {
  PowWorld w(1, with({{"empty_blocks", "false"}}));
  EXPECT_FALSE(w.nodes[0].search);
  w.propose(0, "a");
  EXPECT_TRUE(w.nodes[0].search);
  w.mine(0);
  EXPECT_EQ(w.height(0), 1u);
  EXPECT_FALSE(w.nodes[0].search);
}

TEST(Mining, AStaleFindIsNotTaken) {
  PowWorld w(1, with({{"retarget", "homestead"}, {"max_future", "1000 h"}}));
  const WorkSearch old = *w.nodes[0].search;
  w.fire(0, TimerKind::step);
  const WorkSearch now = *w.nodes[0].search;
  w.nodes[0].search = old;
  w.find(0);
  EXPECT_EQ(w.height(0), 0u);
  w.nodes[0].search = now;
  w.find(0);
  EXPECT_EQ(w.height(0), 1u);
}

TEST(Mining, AdoptionUnderWayHoldsTheNextTemplateBack) {
  PowWorld w(2, short_chain);
  w.nodes[0].stall_adoption = true;
  w.mine(1, 3);
  ASSERT_EQ(w.nodes[0].stalled.size(), 1u) << "one Adopt at a time";
  EXPECT_EQ(w.height(0), 0u);
  w.nodes[0].stall_adoption = false;
  w.adopt(0, w.nodes[0].stalled.front());
  EXPECT_EQ(w.height(0), 3u) << "what came meanwhile follows at once";
  w.mine(0);
  EXPECT_EQ(w.height(1), 4u);
}

/// Nodes of a world share settings, and their trees point into them: a sanitizer's matter.
TEST(PowWorlds, TheFirstOfTwoWithOtherSettingsEnds) {
  std::optional<PowWorld> first, second;
  first.emplace(3u, PowWorld::Changes{{"settlement_depth", "3"}});
  second.emplace(3u, PowWorld::Changes{{"settlement_depth", "4"}});
  first.reset();
  EXPECT_TRUE(second.has_value());
}

}  // namespace
}  // namespace ledgerlab::pow::test
