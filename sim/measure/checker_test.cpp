// Every checker has twins that must be caught, and good streams that must pass.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/support/measure_fixture.hpp"

namespace ledgerlab {
namespace {

using Fixture = testing::MeasureFixture;

/// A run in which nothing is wrong: three blocks, a crash and a restart, a late node.
struct GoodRun {
  TxRef a = Fixture::tx("a1"), b = Fixture::tx("b1"), c = Fixture::tx("c1");
  BlockRef one, two, three;

  explicit GoodRun(const Fixture& f)
      : one(Fixture::block(f.genesis, {a})),
        two(Fixture::block(one, {b})),
        three(Fixture::block(two, {c})) {}

  void feed(Fixture& f) const {
    f.leads(100, 0, 1);
    f.submit(1000, a);
    for (NodeId n = 0; n < 4; ++n) f.decide(1100 + n, n, one);
    f.acknowledge(1150, a, 1);
    f.submit(2000, b);
    for (NodeId n = 0; n < 3; ++n) f.decide(2100 + n, n, two);
    f.acknowledge(2150, b, 2);
    f.read(2140, 2200, 0, 1);  // asked for before the acknowledgement
    f.read(2160, 2200, 1, 2);
    f.crash(3000, 0);
    f.leads(3200, 1, 2);
    f.submit(3000, c);
    f.decide(3500, 1, three);
    f.decide(3510, 2, three);
    f.acknowledge(3600, c, 3);
    f.restart(4000, 0);
    f.decide(4001, 0, one);  // begins again from what was durable
    f.decide(4002, 0, two);
    f.decide(4003, 0, three);
    f.installed(4100, 3, two);  // node 3 was behind and gets a snapshot
    f.decide(4200, 3, three);
    for (const NodeId n : {0u, 1u, 2u, 3u}) f.adopted(4300, n, three, "the state");
  }
};

TEST(Checkers, PassWhereNothingIsWrong) {
  Fixture f;
  f.begin();
  GoodRun(f).feed(f);
  f.end();
  EXPECT_TRUE(f.result.violations.empty())
      << f.result.violations[0].checker << ": " << f.result.violations[0].text;
  EXPECT_TRUE(f.result.outcomes.empty());
  EXPECT_FALSE(f.result.inconclusive);
}

TEST(Checkers, ThatNeedBooksJudgeNoLedgerWithoutThem) {
  for (const bool audited : {true, false}) {
    Fixture f;
    if (!audited) f.ledger.make_audit = nullptr;
    f.begin();
    const TxRef a = Fixture::tx("a1");
    const BlockRef one = Fixture::block(f.genesis, {a});
    f.submit(1000, a);
    for (NodeId n = 0; n < 4; ++n) f.decide(1100, n, one);
    for (NodeId n = 0; n < 4; ++n) f.decide(1200, n, Fixture::block(one, {a}));  // once more
    f.end();
    EXPECT_EQ(f.result.violations.size(), audited ? 1u : 0u);
    EXPECT_EQ(applicable(checker_table()[3], f.system), audited);
    EXPECT_EQ(checker_table()[3].name, "no_double_spend");
  }
}

TEST(Checkers, TakeAnEmptyRun) {
  Fixture f;
  f.begin();
  f.end();
  EXPECT_TRUE(f.result.violations.empty());
  EXPECT_FALSE(f.result.inconclusive);
}

/// A known-bad run and the finding it must give.
struct Twin {
  std::string_view checker;
  const char* what;
  std::int64_t at_ms;
  NodeId node;
  const char* text;  // part of the finding
  void (*feed)(Fixture&);
};

void feed_fork(Fixture& f, const BlockRef& left, const BlockRef& right) {
  f.decide(1100, 0, left);
  f.decide(1200, 1, right);
}

void feed_failures(Fixture& f, bool one_succeeds) {
  const TxRef a = f.tx("a1!"), b = f.tx("b1!"), c = f.tx("c1");
  for (const TxRef& t : {a, b, c}) f.submit(1000, t);
  const BlockRef one = f.block(f.genesis, {a, b}), two = f.block(one, {c});
  f.decide(1100, 0, one);
  f.give_up(1150, a);
  f.give_up(1160, b);
  if (!one_succeeds) return;
  f.decide(1200, 0, two);
  f.acknowledge(1250, c, 2);
}

const Twin twins[] = {
    {"agreement", "two final blocks at one height", 1200, 1, "where node 0 has",
     [](Fixture& f) {
       const TxRef a = f.tx("a1"), b = f.tx("b1");
       f.submit(1000, a);
       f.submit(1000, b);
       feed_fork(f, f.block(f.genesis, {a}), f.block(f.genesis, {b}));
     }},
    {"agreement", "told in the other order of nodes", 1200, 1, "where node 0 has",
     [](Fixture& f) {
       const TxRef a = f.tx("a1"), b = f.tx("b1");
       f.submit(1000, a);
       f.submit(1000, b);
       f.decide(1200, 1, f.block(f.genesis, {b}));
       f.decide(1100, 0, f.block(f.genesis, {a}));
     }},
    {"agreement", "two states after one block", 4301, 2, "different states",
     [](Fixture& f) {
       const GoodRun run(f);
       run.feed(f);
       f.adopted(4301, 2, run.three, "another state");
     }},
    {"prefix_consistency", "a gap", 1300, 0, "comes after height 1",
     [](Fixture& f) {
       const BlockRef one = f.block(f.genesis, {}), two = f.block(one, {});
       f.decide(1100, 0, one);
       for (const BlockRef& b : {one, two}) f.decide(1200, 1, b);
       f.decide(1300, 0, f.block(two, {}));
     }},
    {"prefix_consistency", "a first block from nowhere", 1100, 0, "comes first",
     [](Fixture& f) { f.decide(1100, 0, f.block(f.block(f.genesis, {}), {})); }},
    {"prefix_consistency", "another parent", 1200, 0, "has parent",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       f.decide(1100, 0, f.block(f.genesis, {}));
       f.decide(1200, 0, f.block(f.block(f.genesis, {a}), {}));
     }},
    {"prefix_consistency", "a final block replaced after a restart", 1300, 0, "replaces",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       f.decide(1100, 0, f.block(f.genesis, {}));
       f.crash(1200, 0);
       f.restart(1250, 0);
       f.decide(1300, 0, f.block(f.genesis, {a}));
     }},
    {"validity", "a transaction nobody submitted", 1100, 0, "no client submitted",
     [](Fixture& f) { f.decide(1100, 0, f.block(f.genesis, {f.tx("a1")})); }},
    {"validity", "a transaction submitted afterwards", 1100, 0, "submitted later",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.decide(1100, 0, f.block(f.genesis, {a}));
       f.submit(1101, a);
     }},
    {"no_double_spend", "one transaction twice", 1200, 0, "took effect",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       const BlockRef one = f.block(f.genesis, {a});
       f.decide(1100, 0, one);
       f.decide(1200, 0, f.block(one, {a}));
     }},
    {"no_double_spend", "two transactions that spend the same", 1200, 0, "spend the same",
     [](Fixture& f) {
       const TxRef a = f.tx("a1"), b = f.tx("a2");
       f.submit(1000, a);
       f.submit(1000, b);
       const BlockRef one = f.block(f.genesis, {a});
       f.decide(1100, 0, one);
       f.decide(1200, 0, f.block(one, {b}));
     }},
    {"no_double_spend", "two transactions whose later inputs are the same", 1200, 0, "spend the same",
     [](Fixture& f) {
       const TxRef a = f.tx("a1&x"), b = f.tx("b1&y&x");
       f.submit(1000, a);
       f.submit(1000, b);
       const BlockRef one = f.block(f.genesis, {a});
       f.decide(1100, 0, one);
       f.decide(1200, 0, f.block(one, {b}));
     }},
    {"no_double_spend", "two final histories that spend the same", 1200, 1, "spend the same",
     [](Fixture& f) {
       const TxRef a = f.tx("a1"), b = f.tx("a2");
       f.submit(1000, a);
       f.submit(1000, b);
       feed_fork(f, f.block(f.genesis, {a}), f.block(f.genesis, {b}));
     }},
    {"durability", "an acknowledged transaction in no block", 1200, 4, "not in the final history",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       f.decide(1100, 0, f.block(f.genesis, {}));
       f.acknowledge(1200, a, 1);
     }},
    {"durability", "acknowledged at a height that nobody reaches", 1200, 4, "ends at 1",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       f.decide(1100, 0, f.block(f.genesis, {a}));
       f.acknowledge(1200, a, 2);
     }},
    {"durability", "acknowledged at another height", 1300, 4, "another height",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       const BlockRef one = f.block(f.genesis, {a});
       f.decide(1100, 0, one);
       f.decide(1200, 0, f.block(one, {}));
       f.acknowledge(1300, a, 2);
     }},
    {"durability", "lost in another node's history", 1150, 4, "not in the final history",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       feed_fork(f, f.block(f.genesis, {a}), f.block(f.genesis, {}));
       f.acknowledge(1150, a, 1);
     }},
    {"one_leader", "two leaders in one term", 1200, 2, "term 5, as node 1",
     [](Fixture& f) {
       f.leads(1200, 2, 5);
       f.leads(1100, 1, 5);
     }},
    {"linearisable_reads", "a read that misses an acknowledged write", 1400, 4, "from height 0",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       f.decide(1100, 0, f.block(f.genesis, {a}));
       f.acknowledge(1150, a, 1);
       f.read(1160, 1400, 0, 0);
     }},
    {"linearisable_reads", "a read older than one that was answered before", 1400, 4,
     "from height 1",
     [](Fixture& f) {
       f.read(1000, 1100, 0, 2);
       f.read(1200, 1400, 1, 1);
     }},
    {"supply", "money from nothing", 1200, 0, "at height 2",
     [](Fixture& f) {
       const TxRef a = f.tx("a1"), mint = f.tx("mint");
       f.submit(1000, a);
       f.submit(1000, mint);
       const BlockRef one = f.block(f.genesis, {a});
       f.decide(1100, 0, one);
       f.decide(1200, 0, f.block(one, {mint}));
     }},
    {"supply", "a state that no replay gives", 1100, 0, "a replay from genesis",
     [](Fixture& f) {
       const BlockRef one = f.block(f.genesis, {});
       f.decide(1100, 0, one);
       f.adopted(1101, 0, one, "money in the wrong pocket");
     }},
    {"books", "one transaction acknowledged twice", 1300, 4, "closed already",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       f.decide(1100, 0, f.block(f.genesis, {a}));
       f.acknowledge(1200, a, 1);
       f.acknowledge(1300, a, 1);
     }},
    {"books", "an acknowledgement of nothing", 1200, 4, "never submitted",
     [](Fixture& f) { f.give_up(1200, f.tx("a1")); }},
    {"books", "closed before it was due", 900, no_node, "fewer than no transactions",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       f.give_up(900, a);
     }},
    {"liveness", "no decision while a transaction waits", 2000, no_node, "none until the end",
     [](Fixture& f) { f.submit(1000, f.tx("a1")); }},
    {"liveness", "a decision too late after the last fault", 4000, no_node, "but at 4.500 s",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       f.crash(1500, 0);
       f.restart(3000, 0);
       f.decide(4500, 0, f.block(f.genesis, {a}));
     }},
    {"settlement", "a head that leaves a settled block", 1300, 0, "does not follow",
     [](Fixture& f) {
       const TxRef a = f.tx("a1");
       f.submit(1000, a);
       const BlockRef left = f.block(f.genesis, {}), right = f.block(f.genesis, {a});
       f.decide(1100, 0, left);
       f.head(1200, 1, right);
       f.head(1300, 0, f.block(right, {}));
     }},
    {"vain", "all that was committed failed, and the scenario forbids that", 1150, 4,
     "none of the 2",
     [](Fixture& f) {
       f.system.expect = {"not vain"};
       feed_failures(f, false);
     }},
};

TEST(Checkers, CatchTheirTwins) {
  std::size_t caught = 0, judged = 0;
  for (const Twin& twin : twins) {
    SCOPED_TRACE(std::string(twin.checker) + ": " + twin.what);
    Fixture f;
    f.begin();
    twin.feed(f);
    f.end();
    ++judged;
    const Finding* finding = f.violation(twin.checker);
    EXPECT_NE(finding, nullptr);
    if (!finding) continue;
    ++caught;
    EXPECT_EQ(count_ns(finding->at) / 1'000'000, twin.at_ms);
    EXPECT_EQ(finding->node, twin.node);
    EXPECT_NE(finding->text.find(twin.text), std::string::npos) << finding->text;
  }
  for (const CheckerInfo& info : checker_table()) {
    EXPECT_TRUE(std::any_of(std::begin(twins), std::end(twins),
                            [&](const Twin& t) { return t.checker == info.name; }))
        << "no twin for " << info.name;
  }
  std::printf("checkers: caught %zu of %zu\n", caught, judged);
  EXPECT_EQ(caught, judged);
}

TEST(Checkers, ThatAllWasInVainIsAnOutcomeUnlessForbidden) {
  for (const bool one_succeeds : {false, true}) {
    Fixture f;
    f.begin();
    feed_failures(f, one_succeeds);
    f.end();
    EXPECT_EQ(f.violation("vain"), nullptr);
    EXPECT_EQ(f.outcome("vain") != nullptr, !one_succeeds);
  }
}

TEST(Checkers, OneTransactionInTwoBlocksIsHarmlessWhereItHasNoEffectTwice) {
  Fixture f;
  f.begin();
  const TxRef a = f.tx("a1"), again = f.tx("a2!");
  f.submit(1000, a);
  f.submit(1000, again);
  const BlockRef one = f.block(f.genesis, {a});
  f.decide(1100, 0, one);
  f.decide(1200, 0, f.block(one, {again}));
  f.end();
  EXPECT_EQ(f.violation("no_double_spend"), nullptr);
}

TEST(FaultModel, BeyondTheCrashBoundStandstillIsAnOutcome) {
  Fixture f;
  f.begin();
  f.submit(1000, f.tx("a1"));
  f.crash(1100, 0);
  f.crash(1100, 1);  // one of four may be down
  f.end();
  EXPECT_EQ(f.violation("liveness"), nullptr);
  EXPECT_NE(f.outcome("liveness"), nullptr);
}

TEST(FaultModel, WithinTheCrashBoundStandstillIsAViolation) {
  Fixture f;
  f.begin();
  f.submit(1000, f.tx("a1"));
  f.crash(1100, 0);
  f.end();
  EXPECT_NE(f.violation("liveness"), nullptr);
}

TEST(FaultModel, APartitionThatNeverHealsExcusesStandstill) {
  Fixture f;
  f.begin();
  f.submit(1000, f.tx("a1"));
  f.fault(1100, 0, FaultKind::partition, 0, true);
  f.end();
  EXPECT_EQ(f.violation("liveness"), nullptr);
  EXPECT_NE(f.outcome("liveness"), nullptr);
}

void fork_after_partition(Fixture& f, std::int64_t partition_at) {
  f.begin();
  const TxRef a = f.tx("a1");
  f.submit(1000, a);
  f.fault(partition_at, 0, FaultKind::partition, 0, true);
  f.fault(1500, 0, FaultKind::partition, 0, false);
  feed_fork(f, f.block(f.genesis, {a}), f.block(f.genesis, {}));
  f.end();
}

TEST(FaultModel, AForkUnderAsynchronyIsAnOutcomeOnlyWhereSafetyNeedsSynchrony) {
  Fixture strict;
  fork_after_partition(strict, 1050);
  EXPECT_NE(strict.violation("agreement"), nullptr);

  Fixture lenient;
  lenient.protocol.fault_model.safety_needs_synchrony = true;
  fork_after_partition(lenient, 1050);
  EXPECT_EQ(lenient.violation("agreement"), nullptr);
  EXPECT_NE(lenient.outcome("agreement"), nullptr);

  Fixture before;
  before.protocol.fault_model.safety_needs_synchrony = true;
  fork_after_partition(before, 1300);  // the fork came before it
  EXPECT_NE(before.violation("agreement"), nullptr);
}

TEST(FaultModel, ARunTooShortToTellIsInconclusive) {
  Fixture f;
  f.begin();
  f.submit(1000, f.tx("a1"));
  f.crash(8900, 0);
  f.restart(9500, 0);  // half a second before the end; the bound is one second
  f.end();
  EXPECT_EQ(f.violation("liveness"), nullptr);
  EXPECT_TRUE(f.result.inconclusive);
}

TEST(Expectations, WhatIsExpectedIsAnOutcomeInsideTheFaultModelToo) {
  Fixture f;
  f.system.expect = {"agreement"};
  fork_after_partition(f, 1300);
  EXPECT_EQ(f.violation("agreement"), nullptr);
  EXPECT_NE(f.outcome("agreement"), nullptr);
}

}  // namespace
}  // namespace ledgerlab
