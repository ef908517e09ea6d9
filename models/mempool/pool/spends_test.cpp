// Pools of ledgers that go by what is spent: packages, conflicts (BIP 125), reorganisations; random
// walks on which no payload may hold a conflict or a child before its parent.
#include "models/base/draw.hpp"
#include "tests/support/pool_bench.hpp"

namespace ledgerlab::pool_test {
namespace {

TEST(PoolSpends, AChildThatPaysBringsItsParentAlong) {
  Bench bench;
  const TxRef parent = bench.spend(1, {1});
  const TxRef child = bench.spend(99, {}, {parent});
  const TxRef other = bench.spend(40, {2});
  for (const TxRef& t : {parent, other, child}) bench.request(9, t);
  // (1 + 99) / 2 is more than 40, which is more than 1.
  EXPECT_EQ(bench.build(1, 2), (std::vector{parent, child}));
  EXPECT_EQ(bench.build(2, 2), std::vector{other});
  // With room for one only, the child waits for its parent.
  EXPECT_EQ(bench.build(1, 1), std::vector{other});
  EXPECT_TRUE(bench.answers().empty());
}

TEST(PoolSpends, OfTwoChildrenTheSecondCountsAloneOnceTheParentIsTaken) {
  Bench bench;
  const TxRef parent = bench.spend(10, {1});
  const TxRef rich = bench.spend(90, {}, {parent});
  const TxRef poor = bench.spend(30, {3}, {rich});
  const TxRef other = bench.spend(35, {2});
  for (const TxRef& t : {parent, rich, poor, other}) bench.request(9, t);
  // Package of `poor`: (10 + 90 + 30) / 3 = 43; after the first two, 30 is less than 35.
  EXPECT_EQ(bench.build(1), (std::vector{parent, rich, other, poor}));
}

TEST(PoolSpends, AConflictIsADoubleSpendUnlessTheOtherSaysItMayBeReplaced) {
  Bench bench(ClientPolicy::Ask::all, {{"incremental_fee", "5"}});
  const TxRef kept = bench.spend(10, {1}, {}, false);
  bench.request(9, kept);
  bench.request(8, bench.spend(200, {1}));
  EXPECT_EQ(bench.answers(), Texts{refused(8, nonce_used)});
  const TxRef child = bench.spend(10, {2}, {kept}, true);  // says so itself
  bench.request(9, child);
  bench.request(8, bench.spend(14, {2}));  // 10 and a step of 5
  EXPECT_EQ(bench.answers(), Texts{refused(8, fee_too_low)});
  bench.request(7, bench.spend(15, {2}));
  EXPECT_EQ(bench.answers(), Texts{refused(9, fee_too_low)});
  EXPECT_EQ(bench.field("pool.transactions"), 2u);

  Bench always(ClientPolicy::Ask::all, {{"replaceable", "always"}, {"incremental_fee", "5"}});
  always.request(9, always.spend(10, {1}, {}, false));
  always.request(8, always.spend(200, {1}));
  EXPECT_EQ(always.answers(), Texts{refused(9, fee_too_low)});
}

TEST(PoolSpends, AReplacementPaysForAllThatGoesWithIt) {
  Bench bench(ClientPolicy::Ask::all, {{"incremental_fee", "1"}});
  const TxRef first = bench.spend(20, {1}, {}, true);
  const TxRef child = bench.spend(30, {}, {first});
  bench.request(1, first);
  bench.request(2, child);
  bench.request(3, bench.spend(50, {1}));  // 20 + 30 and a step
  EXPECT_EQ(bench.answers(), Texts{refused(3, fee_too_low)});
  bench.request(3, bench.spend(51, {1}));
  EXPECT_EQ(bench.answers(), (Texts{refused(2, fee_too_low), refused(1, fee_too_low)}));
  EXPECT_EQ(bench.field("pool.transactions"), 1u);
}

TEST(PoolSpends, AReplacementBringsNoNewParentsAndDoesNotSpendWhatItReplaces) {
  Bench bench(ClientPolicy::Ask::all, {{"incremental_fee", "1"}});
  const TxRef first = bench.spend(20, {1});
  const TxRef other = bench.spend(20, {2});
  bench.request(1, first);
  bench.request(2, other);
  bench.request(3, bench.spend(200, {1}, {other}));  // rule 2
  EXPECT_EQ(bench.answers(), Texts{refused(3, fee_too_low)});
  bench.request(3, bench.spend(200, {1}, {first}));
  EXPECT_EQ(bench.answers(), Texts{refused(3, malformed)});
  bench.request(3, bench.spend(200, {}, {bench.spend(9, {7})}));  // a parent that is nowhere
  EXPECT_EQ(bench.answers(), Texts{refused(3, pool_full)});
}

TEST(PoolSpends, LimitsOfAncestorsAndDescendants) {
  Bench bench(ClientPolicy::Ask::all, {{"max_ancestors", "3"}, {"max_descendants", "4"}});
  const TxRef a = bench.spend(5, {1}), b = bench.spend(5, {}, {a}), c = bench.spend(5, {}, {b});
  for (const TxRef& t : {a, b, c}) bench.request(9, t);
  EXPECT_TRUE(bench.answers().empty());
  bench.request(9, bench.spend(5, {}, {c}));  // a, b, c and itself
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});
  bench.request(9, bench.spend(5, {}, {b}, true, 1));
  EXPECT_TRUE(bench.answers().empty());
  bench.request(9, bench.spend(5, {}, {b}, true, 2));  // a has four already
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});
}

TEST(PoolSpends, AFullPoolThrowsOutPackagesByWhatTheyPay) {
  Bench bench(ClientPolicy::Ask::all, {{"max_transactions", "3"}});
  const TxRef parent = bench.spend(1, {1});
  const TxRef child = bench.spend(99, {}, {parent});
  const TxRef other = bench.spend(40, {2});
  bench.request(1, parent);
  bench.request(2, child);
  bench.request(3, other);
  bench.request(4, bench.spend(45, {3}));  // the pair is worth 50
  EXPECT_EQ(bench.answers(), Texts{refused(3, pool_full)});
  bench.request(5, bench.spend(60, {4}));
  EXPECT_EQ(bench.answers(), Texts{refused(4, pool_full)});
  bench.request(5, bench.spend(61, {5}));
  EXPECT_EQ(bench.answers(), (Texts{refused(2, pool_full), refused(1, pool_full)}));
}

TEST(PoolSpends, ABlockWithAnotherSpenderEndsAllThatStandsOnTheCoin) {
  Bench bench;
  const TxRef mine = bench.spend(20, {1}), child = bench.spend(20, {}, {mine});
  const TxRef bystander = bench.spend(20, {2}), theirs = bench.spend(5, {1});
  for (const TxRef& t : {mine, child, bystander}) bench.request(9, t);
  bench.head({}, {bench.block(1, {theirs})});
  EXPECT_EQ(bench.answers(), (Texts{refused(9, nonce_used), refused(9, nonce_used)}));
  EXPECT_EQ(bench.build(2), std::vector{bystander});
}

TEST(PoolSpends, AfterAReorganisationParentsComeFirstAgain) {
  Bench bench;
  const TxRef parent = bench.spend(1, {1}), child = bench.spend(90, {}, {parent});
  bench.request(9, parent);
  const BlockRef block = bench.block(1, {parent});
  bench.head({}, {block});
  bench.request(9, child);
  EXPECT_EQ(bench.build(2), std::vector{child});
  bench.head({block}, {});
  EXPECT_EQ(bench.build(1), (std::vector{parent, child}));
}

class SpendWalk {
 public:
  explicit SpendWalk(std::uint64_t seed)
      : seed_(seed),
        bench_(ClientPolicy::Ask::all, {{"max_transactions", "12"},
                                        {"max_ancestors", "4"},
                                        {"max_descendants", "5"},
                                        {"incremental_fee", "3"},
                                        {"replaceable", "always"}}) {}
  void run() {
    for (int i = 0; i < 120 && !::testing::Test::HasFailure(); ++i) {
      const std::uint64_t what = draw(10);
      if (what < 7) {
        ask();
      } else if (what < 9 || chain_.empty()) {
        adopt();
      } else {
        bench_.head({chain_.back()}, {});
        chain_.pop_back();
      }
      ASSERT_LE(bench_.field("pool.transactions"), 12u);
    }
  }

 private:
  std::uint64_t draw(std::uint64_t n) {
    return draw_below(draw64(seed_, 1, Purpose("spends"), ++c_), n);
  }
  void ask() {
    std::vector<TxRef> parents;
    if (!made_.empty() && draw(2) == 0) parents.push_back(made_[draw(made_.size())]);
    std::vector<Byte> outputs;
    if (parents.empty() || draw(2) == 0) outputs.push_back(static_cast<Byte>(draw(20)));
    made_.push_back(bench_.spend(static_cast<Byte>(draw(250)), outputs, parents));
    spends_[made_.back()->id] = {outputs, parents};
    bench_.request(9, made_.back());
  }
  /// The ledger's view: everything in the order of the payload must be spendable.
  void adopt() {
    const auto taken = bench_.build(chain_.size() + 1, static_cast<std::uint32_t>(1 + draw(6)));
    std::set<TxId> there = bench_.confirmed;
    std::set<std::string> used;
    for (const TxId& id : there) mark(id, used);
    for (const TxRef& t : taken) {
      for (const TxRef& parent : spends_[t->id].second) ASSERT_TRUE(there.count(parent->id));
      ASSERT_TRUE(mark(t->id, used)) << "spends what is spent";
      there.insert(t->id);
    }
    if (taken.empty() || draw(4) == 0) return;
    chain_.push_back(bench_.block(chain_.size() + 1, taken));
    bench_.head({}, {chain_.back()});
  }
  bool mark(const TxId& id, std::set<std::string>& used) {
    bool fresh = true;
    for (const Byte output : spends_[id].first) fresh &= used.insert(std::to_string(output)).second;
    for (const TxRef& p : spends_[id].second) fresh &= used.insert(to_hex(p->id.view())).second;
    return fresh;
  }

  std::uint64_t seed_;
  std::uint64_t c_ = 0;
  Bench bench_;
  std::vector<TxRef> made_;
  std::map<TxId, std::pair<std::vector<Byte>, std::vector<TxRef>>> spends_;
  std::vector<BlockRef> chain_;
};

TEST(PoolSpends, RandomWalksGiveOnlyPayloadsThatALedgerCanExecute) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SpendWalk(seed).run();
    if (HasFailure()) return;
  }
}

/// Each parent pays more than its child, so that every one taken changes what its children count
/// for: more entries than the ranking of candidates keeps.
TEST(PoolSpends, ALongChainGoesOutWholeThoughItsRankingEndsMeanwhile) {
  Bench bench;
  std::vector<TxRef> chain;
  for (std::size_t i = 0; i < 25; ++i) {
    chain.push_back(bench.spend(static_cast<Byte>(200 - i), {static_cast<Byte>(i + 1)},
                                i == 0 ? std::vector<TxRef>{} : std::vector<TxRef>{chain.back()}));
  }
  for (const TxRef& t : chain) bench.request(9, t);
  EXPECT_EQ(bench.build(1, 100, 1'000'000), chain);
}

}  // namespace
}  // namespace ledgerlab::pool_test
