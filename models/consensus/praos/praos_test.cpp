// Praos, rule by rule: growth, refusals, early blocks, stake and nonce from epoch to epoch,
// settlement, restarts, clocks.
#include "models/consensus/praos/praos_test.hpp"

#include <gtest/gtest.h>

namespace ledgerlab::praos::test {
namespace {

using Changes = PraosWorld::Changes;

/// Half the slots are active, epochs are short, three confirmations settle.
Changes with(Changes more = {}) {
  more.insert({{"slot_length", "1 s"},
               {"active_slots", "50 %"},
               {"epoch_length", "20"},
               {"settlement_depth", "3"}});
  return more;
}

/// Two leaders of one slot leave a tie, which a later block breaks.
void expect_one_head(PraosWorld& w) {
  const auto one = [&] {
    return std::all_of(w.nodes.begin(), w.nodes.end(),
                       [&](const auto& n) { return n.head->id == w.nodes[0].head->id; });
  };
  for (int patience = 40; patience > 0 && !one(); --patience) w.run_slots(1);
  for (const auto& n : w.nodes) EXPECT_EQ(n.head->id, w.nodes[0].head->id);
}

TEST(Chain, GrowsAndEveryoneFollows) {
  PraosWorld w({1, 1, 1}, with());
  const TxRef tx = w.propose(0, "a");
  w.run_slots(60);
  expect_one_head(w);
  EXPECT_GT(w.height(0), 20u);
  std::set<NodeId> issuers;
  SlotNumber last = w.slot() + 1;
  const auto blocks = w.blocks();
  bool included = false;
  for (BlockRef b = w.nodes[0].head; b->height > 0;) {
    const auto h = header_of(*b);
    ASSERT_TRUE(h);
    EXPECT_LT(h->slot, last) << "slots rise along the chain";
    EXPECT_EQ(h->tx_root, b->payload->root);
    EXPECT_EQ(h->state_root, w.nodes[1].roots[b->id]);
    last = h->slot;
    issuers.insert(h->issuer);
    for (const TxRef& t : b->payload->transactions) included |= t->id == tx->id;
    if (b->height == 1) break;
    b = blocks.at(b->parent);
  }
  EXPECT_EQ(issuers.size(), 3u);
  EXPECT_TRUE(included);
  EXPECT_GT(w.nodes[0].finals.size(), 15u);
  for (const auto& n : w.nodes) {
    for (std::size_t i = 0; i < n.finals.size(); ++i) EXPECT_EQ(n.finals[i]->height, i + 1);
    EXPECT_EQ(n.finals.back()->height + 2, n.head->height) << "three confirmations";
  }
}

TEST(Chain, SeveralLeadersOfASlotForkAndTheLongestWins) {
  PraosWorld w({1, 1, 1}, with({{"active_slots", "90 %"}, {"settlement_depth", "20"}}));
  w.run_slots(100);
  std::map<SlotNumber, std::set<NodeId>> leaders;
  std::map<std::pair<SlotNumber, NodeId>, int> blocks;
  for (const Header& h : w.headers()) {
    leaders[h.slot].insert(h.issuer);
    EXPECT_EQ(++(blocks[{h.slot, h.issuer}]), 1) << "one block for a slot that one leads";
  }
  const auto forks = std::count_if(leaders.begin(), leaders.end(),
                                   [](const auto& slot) { return slot.second.size() > 1; });
  EXPECT_GT(forks, 20);
  const auto longest = std::max_element(
      w.nodes.begin(), w.nodes.end(),
      [](const auto& a, const auto& b) { return a.head->height < b.head->height; });
  for (const auto& n : w.nodes) EXPECT_EQ(n.head->height, longest->head->height);
  for (const auto& n : w.nodes) {
    ASSERT_GT(n.finals.size(), 30u);
    for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(n.finals[i]->id, w.nodes[0].finals[i]->id);
  }
}

TEST(Chain, WhatLeadsIsWhatTheRulesSay) {
  const StakeList stakes = {3, 1, 0};
  PraosWorld w(stakes, with());
  const SlotNumber begin = w.slot();
  w.run_slots(60);
  std::set<std::pair<SlotNumber, NodeId>> made;
  for (const Header& h : w.headers()) made.insert({h.slot, h.issuer});
  std::uint64_t checked = 0;
  // On one chain everybody's lottery can be drawn again.
  const auto blocks = w.blocks();
  for (const auto& [id, block] : blocks) {
    const Header h = *header_of(*block);
    const BlockRef parent = block->height == 1 ? w.genesis : blocks.at(block->parent);
    for (SlotNumber s = std::max(w.point_of(*parent).slot + 1, begin); s <= h.slot; ++s) {
      for (NodeId n = 0; n < 3; ++n) {
        EXPECT_EQ(w.leads(n, *parent, s, stakes), made.contains({s, n})) << s << " " << n;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 100u);
}

class Refusal : public ::testing::Test {
 protected:
  PraosWorld w{{0, 1, 1, 1}, with({{"settlement_depth", "10"}, {"max_future", "5 s"}})};
  /// A slot after the head's that this node leads, not later than now.
  SlotNumber led_by(NodeId id) {
    for (SlotNumber s = w.point_of(*w.nodes[0].head).slot + 1; s <= w.slot(); ++s) {
      if (w.leads(id, *w.nodes[0].head, s, {0, 1, 1, 1})) return s;
    }
    return 0;
  }
  /// Time passes at node 0 without blocks until node 1 has led a slot.
  SlotNumber quiet() {
    w.run_slots(12);
    for (NodeId id = 0; id < 4; ++id) {
      if (id != 0) w.crash(id);
    }
    w.nodes[0].timers.clear();
    w.flights.clear();
    for (SlotNumber s = 0;;) {
      w.advance(seconds(1));
      s = led_by(1);
      if (s != 0) return s;
    }
  }
  void refused(const Header& h, const std::string& why) {
    const BlockId before = w.nodes[0].head->id;
    w.relay(1, 0, h);
    EXPECT_TRUE(w.last_note_has(0, why))
        << why << " / " << (w.nodes[0].notes.empty() ? "" : w.nodes[0].notes.back());
    EXPECT_EQ(w.nodes[0].head->id, before) << why;
    w.nodes[0].notes.clear();
  }
};

TEST_F(Refusal, EachBadHeaderIsRefusedForItsOwnReason) {
  const SlotNumber s = quiet();
  const BlockRef tip = w.nodes[0].head;
  const auto bad = [&](auto change, const std::string& why) {
    refused(w.forge(*tip, 1, s, change), why);
  };
  bad([](Header& h) { h.tx_root = {}; }, "transaction root");
  bad([](Header& h) { h.signatures.data[0] = 1; }, "signatures");
  bad([](Header& h) { h.issuer = 9; }, "issuer");
  bad([](Header& h) { ++h.height; }, "height");
  bad([&](Header& h) { h.slot = w.point_of(*tip).slot; }, "slot is not after its parent's");
  bad([&](Header& h) { h.slot = w.slot() + 6; }, "slot is too far ahead");
  bad([](Header& h) { h.leader.proof.data[5] ^= 1; }, "proof of leadership");
  bad([](Header& h) { h.nonce.proof.data[5] ^= 1; }, "proof of the nonce");
  bad([](Header& h) { h.leader.output.data[40] ^= 1; }, "proof of leadership");
  bad([&](Header& h) { h.slot = s + 1 <= w.slot() ? s + 1 : s - 1; },
      s + 1 <= w.slot() || w.point_of(*tip).slot < s - 1 ? "proof of leadership" : "slot");
  bad([](Header& h) { h.issuer = 2; }, "proof of leadership");
  bad([](Header& h) { std::swap(h.leader, h.nonce); }, "");
  bad([&](Header& h) { h.state_root.data[0] ^= 1; }, "execution");
  Header h = w.forge(*tip, 1, s);
  h.signature.data[9] ^= 1;
  refused(h, "signature");
  h.signature.data[9] ^= 1;
  w.relay(1, 0, h);
  EXPECT_EQ(w.height(0), tip->height + 1) << "and the same block, signed, is taken";
}

TEST_F(Refusal, WhoHasNoStakeOrNoLuckIsNoLeader) {
  const SlotNumber s = quiet();
  const BlockRef tip = w.nodes[0].head;
  refused(w.forge(*tip, 0, s), "no leader by its stake");
  SlotNumber unlucky = s;
  while (w.leads(2, *tip, unlucky, {0, 1, 1, 1})) {
    w.advance(seconds(1));
    ++unlucky;
  }
  refused(w.forge(*tip, 2, unlucky), "no leader by its stake");
  // A value that would win, without a proof of it.
  refused(w.forge(*tip, 0, s, [](Header& h) { h.leader.output = {}; }), "no leader by its stake");
  refused(w.forge(*tip, 2, unlucky, [](Header& h) { h.leader.output = {}; }),
          "proof of leadership");
}

TEST_F(Refusal, TheNonceOfAnotherEpochProvesNothing) {
  quiet();
  const BlockRef tip = w.nodes[0].head;
  const std::uint64_t next = w.rules.epoch_of(w.slot()) + 1;
  while (w.rules.epoch_of(w.slot()) < next) w.advance(seconds(1));
  const Hash256 old = w.point_of(*tip).epoch->nonce;
  SlotNumber s = w.slot();
  const auto value = [&] { return w.evaluate(1, old, s, VrfUse::test); };
  const std::uint64_t phi = phi_q64(w.rules.f_q64, 1, 3);
  while (!below_threshold(value().output, phi)) s += 1, w.advance(seconds(1));
  refused(w.forge(*tip, 1, s, [&](Header& h) { h.leader = value(); }), "proof of leadership");
}

TEST(Early, ABlockOfAFutureSlotIsHeldUntilItBegins) {
  PraosWorld w({0, 1}, with({{"max_future", "20 s"}}));
  w.crash(1);
  w.nodes[0].timers.clear();
  w.advance(seconds(2));
  SlotNumber s = w.slot() + 3;
  while (!w.leads(1, *w.genesis, s, {0, 1})) ++s;
  const Header h = w.forge(*w.genesis, 1, s);
  w.relay(1, 0, h);
  EXPECT_EQ(w.height(0), 0u);
  EXPECT_EQ(w.field(0, "held"), "1");
  EXPECT_EQ(w.count_relayed(0), 0u) << "not spread before its time";
  w.relay(1, 0, h);
  EXPECT_EQ(w.field(0, "held"), "1") << "once";
  w.set_now(w.rules.start_of(s) - ns(1));
  w.fire_due(0);
  EXPECT_EQ(w.height(0), 0u);
  w.set_now(w.rules.start_of(s));
  w.fire_due(0);
  EXPECT_EQ(w.height(0), 1u);
  EXPECT_EQ(w.count_relayed(0), 1u);
}

TEST(Clocks, OffsetsWithinTheDelayBoundAreBorne) {
  PraosWorld w({1, 1, 1}, with({{"settlement_depth", "12"}}));
  w.nodes[1].clock = ms(1700);
  w.nodes[2].clock = -ms(1300);
  w.run_slots(150);
  w.nodes[1].clock = w.nodes[2].clock = {};
  w.run_slots(30);
  std::size_t common = ~std::size_t{0};
  std::set<NodeId> issuers;
  for (const auto& n : w.nodes) {
    common = std::min(common, n.finals.size());
    for (const BlockRef& b : n.finals) issuers.insert(header_of(*b)->issuer);
  }
  ASSERT_GT(common, 30u);
  for (const auto& n : w.nodes) {
    for (std::size_t i = 0; i < common; ++i) EXPECT_EQ(n.finals[i]->id, w.nodes[0].finals[i]->id);
  }
  EXPECT_EQ(issuers.size(), 3u) << "those with a wrong clock lead blocks that stay, too";
}

TEST(Clocks, AClockSetBackMakesNoSecondBlockForASlot) {
  PraosWorld w({1}, with());
  w.run_slots(20);
  w.nodes[0].clock = -seconds(9);
  w.run_slots(25);
  std::map<SlotNumber, int> blocks;
  for (const BlockRef& b : w.nodes[0].heads) EXPECT_EQ(++blocks[header_of(*b)->slot], 1);
  EXPECT_GT(w.height(0), 12u);
}

TEST(Stake, TheLotteryFollowsTheLedgerTwoEpochsLater) {
  PraosWorld w({1, 1, 0}, with({{"settlement_depth", "10"}}));
  // From the first block of epoch 1 on, node 0 has given all it had to node 2.
  w.stakes = [&](const BlockId& id) {
    const auto all = w.blocks();
    const auto it = all.find(id);
    const bool given = it != all.end() && w.rules.epoch_of(header_of(*it->second)->slot) >= 1;
    return std::make_shared<const StakeList>(given ? StakeList{0, 1, 1} : StakeList{1, 1, 0});
  };
  w.run_to_epoch(8);
  std::map<std::uint64_t, std::set<NodeId>> issuers;
  for (const Header& h : w.headers()) issuers[w.rules.epoch_of(h.slot)].insert(h.issuer);
  const std::set<NodeId> before = {0, 1};
  const std::set<NodeId> after = {1, 2};
  for (std::uint64_t e = 5; e < 8; ++e) {  // the run begins in epoch 5
    EXPECT_FALSE(issuers[e].empty());
  }
  EXPECT_EQ(issuers[5], before);
  EXPECT_EQ(issuers[7], after);
  expect_one_head(w);
  EXPECT_EQ(w.field(1, "refused"), "0");
}

TEST(Stake, AForkOlderThanAnEpochIsJudgedByItsOwnStake) {
  // Both sides go on for three epochs; what the longer one is judged by has to be made first.
  PraosWorld w({3, 2, 2}, with({{"settlement_depth", "200"}}));
  w.run_slots(15);
  w.cut({0});
  w.run_slots(70);
  EXPECT_NE(w.nodes[0].head->id, w.nodes[1].head->id);
  const Height longest = std::max(w.height(0), w.height(1));
  w.cuts.clear();
  w.run_slots(40);
  expect_one_head(w);
  EXPECT_GT(w.height(0), longest);
  EXPECT_EQ(w.field(0, "refused"), "0");
  EXPECT_EQ(w.field(1, "refused"), "0");
}

TEST(Settlement, WhatIsSettledIsNeverUndone) {
  PraosWorld w({1, 3}, with());
  w.cut({0});
  w.run_slots(60);
  ASSERT_GT(w.height(0), 6u);
  ASSERT_GT(w.height(1), w.height(0));
  const BlockId settled = w.nodes[0].finals.back()->id;
  w.cuts.clear();
  w.run_slots(20);
  const auto& finals = w.nodes[0].finals;
  EXPECT_TRUE(std::any_of(finals.begin(), finals.end(),
                          [&](const BlockRef& b) { return b->id == settled; }));
  EXPECT_NE(w.nodes[0].head->id, w.nodes[1].head->id)
      << "a longer chain that forks more than k blocks back is not taken";
}

TEST(Restart, FromTheLogToTheSameHeadAndOn) {
  PraosWorld w({1, 1, 1}, with());
  w.run_slots(150);
  const BlockId head = w.nodes[0].head->id;
  EXPECT_LE(w.nodes[0].records.size(), 40u) << "settled blocks leave the log";
  w.crash(0);
  w.cut({0});
  w.flights.clear();
  w.restart(0);
  EXPECT_EQ(w.nodes[0].head->id, head) << "its own disk leads back to where it was";
  EXPECT_EQ(w.nodes[0].finals.size(), 0u) << "settled before the crash, not again";
  w.crash(0);
  w.run_slots(50);
  w.cuts.clear();
  w.flights.clear();
  w.restart(0);
  w.deliver_all();
  EXPECT_EQ(w.height(0), w.height(1));
  w.run_slots(60);
  expect_one_head(w);
  EXPECT_EQ(w.field(0, "refused"), "0");
}

TEST(Restart, NoSecondBlockForASlotAfterACrash) {
  PraosWorld w({1}, with({{"active_slots", "99 %"}}));
  w.run_slots(5);
  const Height before = w.height(0);
  w.crash(0);
  w.restart(0);
  EXPECT_EQ(w.height(0), before);
  w.fire_due(0);
  std::map<SlotNumber, int> blocks;
  for (const Header& h : w.headers()) EXPECT_EQ(++blocks[h.slot], 1);
  w.run_slots(3);
  EXPECT_GT(w.height(0), before);
}

TEST(Restart, EveryPrefixOfTheLogIsAGoodStart) {
  PraosWorld w({1, 0}, with({{"epoch_length", "8"}}));
  std::vector<PraosWorld::Disk> moments;
  for (int i = 0; i < 90; ++i) {
    w.run_slots(1);
    moments.push_back(w.disk(1));
  }
  for (const auto& m : moments) {
    w.restart_from(1, m);
    w.deliver_all();
    ASSERT_EQ(w.nodes[1].head->id, w.nodes[0].head->id) << m.final_block->height;
    ASSERT_EQ(w.field(1, "refused"), "0");
  }
}

TEST(Crypto, TheLibrariesProofsDoAsWell) {
  PraosWorld w({1, 1, 0}, with(), SuiteMode::real);
  w.run_slots(50);
  expect_one_head(w);
  EXPECT_GT(w.height(2), 15u);
  EXPECT_GT(w.nodes[2].finals.size(), 10u);
  EXPECT_EQ(w.field(2, "refused"), "0");
  EXPECT_EQ(w.field(2, "forged"), "0");
  // And a spoilt one does not.
  Header h = w.headers().front();
  for (const Header& other : w.headers()) {
    if (other.height == w.height(2)) h = other;
  }
  h.leader.proof.data[70] ^= 1;
  const auto suite = make_suite(SuiteMode::real, 7, WorkMode::lottery);
  h.signature = suite->sign(h.issuer, signed_text(h));
  w.relay(1, 2, h);
  EXPECT_TRUE(w.last_note_has(2, "proof of leadership"));
}

}  // namespace
}  // namespace ledgerlab::praos::test
