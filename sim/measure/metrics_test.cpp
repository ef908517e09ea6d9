// Metrics of streams small enough to be worked out by hand; the figures stand beside the checks.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "models/parts/pipeline/envelope.hpp"
#include "models/parts/suite/suite.hpp"
#include "tests/support/measure_fixture.hpp"

namespace ledgerlab {
namespace {

using Fixture = testing::MeasureFixture;

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

struct Vote {
  static constexpr MessageInfo info{1, "Vote", Role::vote, Auth::mac};
  std::uint64_t number = 0;
  template <class A>
  void fields(A& a) {
    a(number);
  }
};

/// Measured time is 1 s to 9 s, the drain ends at 10 s.
void feed_load(Fixture& f) {
  struct Row {
    std::int64_t due, final, acknowledged;
  };
  const Row rows[] = {{500, 700, 750},    {1000, 1100, 1200}, {2000, 2300, 2400},
                      {3000, 3500, 3600}, {8000, 8900, 9100}, {8500, 9200, 9300}};
  BlockRef tip = f.genesis;
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const TxRef t = f.tx(std::string(1, static_cast<char>('a' + i)) + "1");
    f.submit(rows[i].due, t);
    tip = f.block(tip, {t});
    f.decide(rows[i].final, static_cast<NodeId>(i % 4), tip);
    for (NodeId n = 0; n < 4; ++n) {
      if (n != i % 4) f.decide(rows[i].final + 20, n, tip);
    }
    f.acknowledge(rows[i].acknowledged, t, tip->height);
  }
  const TxRef dropped = f.tx("x1"), open = f.tx("y1");
  f.submit(5000, dropped);
  f.admitted(5010, 2, dropped);
  f.give_up(7000, dropped);
  f.submit(8990, open);
}

TEST(Metrics, OfReadsThatWereDueInTheMeasuredTime) {
  Fixture f;
  f.begin();
  f.read(500, 900, 0, 0);  // in the warm-up
  f.read(1000, 1010, 1, 0);
  f.read(2000, 2030, 2, 0);
  f.read(3000, 3020, 3, 0);
  f.end();
  EXPECT_DOUBLE_EQ(f.metric("read_latency_ms_p50"), 20);
  EXPECT_DOUBLE_EQ(f.metric("read_latency_ms_p99"), 30);
  EXPECT_DOUBLE_EQ(f.metric("reads_per_s"), 3 / 8.0);
}

TEST(Metrics, APauseCountsAlsoWhenTheFirstBlocksOfAFaultStillCame) {
  Fixture f;
  f.begin();
  feed_load(f);  // final at 1.1, 2.3, 3.5 and 8.9 s
  f.fault(2000, 1, FaultKind::slow, 0, true);
  f.fault(8000, 1, FaultKind::slow, 0, false);
  f.end();
  EXPECT_DOUBLE_EQ(f.metric("recovery_s"), 8.9 - 3.5);
}

TEST(Metrics, OfLoadAndLatency) {
  Fixture f;
  f.begin();
  feed_load(f);
  f.fault(4000, 1, FaultKind::slow, 0, true);
  f.fault(4500, 1, FaultKind::slow, 0, false);
  f.end();
  // Due in [1 s, 9 s): five that commit, one given up, one left open.
  EXPECT_EQ(f.metric("transactions_offered"), 7);
  EXPECT_EQ(f.metric("transactions_accepted"), 6);
  EXPECT_EQ(f.metric("transactions_committed"), 5);
  EXPECT_EQ(f.metric("transactions_acknowledged"), 5);
  EXPECT_EQ(f.metric("transactions_dropped"), 1);
  EXPECT_TRUE(f.result.saturated);  // 5 of 7
  // Final in [1 s, 9 s): at 1.1, 2.3, 3.5 and 8.9 s.
  EXPECT_DOUBLE_EQ(f.metric("throughput_tps"), 4 / 8.0);
  // 200, 400, 600, 800, 1100 ms: ranks ceil(2.5) = 3 and ceil(4.75) = 5.
  EXPECT_DOUBLE_EQ(f.metric("finality_latency_ms_p50"), 600);
  EXPECT_DOUBLE_EQ(f.metric("finality_latency_ms_p95"), 1100);
  EXPECT_DOUBLE_EQ(f.metric("finality_latency_ms_p99"), 1100);
  EXPECT_DOUBLE_EQ(f.metric("block_interval_s"), (8.9 - 1.1) / 3);
  EXPECT_DOUBLE_EQ(f.metric("recovery_s"), 8.9 - 4.0);
  EXPECT_EQ(f.metric("messages_per_decision"), 0);
  // Log protocols have no stale blocks, deterministic finality no risk, this network no limit.
  for (const char* absent :
       {"stale_rate", "reorg_depth_max", "settlement_risk", "link_utilisation_max",
        "energy_wh_per_tx", "producer_gini", "nakamoto_coefficient", "fairness_deviation"}) {
    EXPECT_EQ(f.result.metric(absent), nullptr) << absent;
  }
  ASSERT_EQ(f.result.faults.size(), 1u);
  EXPECT_EQ(f.result.faults[0].text, "slow of node 1");
  EXPECT_EQ(f.result.faults[0].until, f.ms_at(4500));
}

/// Requests of execute-order-validate and the envelopes made of them.
struct StateMode : Fixture {
  std::unique_ptr<WorldSuite> signer = make_suite(SuiteMode::costed, 3, WorkMode::lottery);
  NoNames names;
  CostTable costs;
  Effects effects{*signer, names, costs};

  StateMode() {
    ledger.family = "execute-order-validate";
    ledger.make_audit = nullptr;
    effects.begin(4);
    begin();
  }
  TxRef request(std::uint64_t nonce) {
    pipeline::Proposal p;
    p.chain_id = nonce + 1;
    return pipeline::sign_proposal(effects.crypto(), 0, p);
  }
  TxRef envelope(const TxRef& request, std::uint32_t attempt) {
    return pipeline::sign_envelope(
        effects.crypto(), 0, {request, pipeline::encode(pipeline::ReadWriteSet{}), {}, attempt});
  }
  /// Submitted at `at`, but due with its request.
  void attempt(std::int64_t at, std::int64_t due, const TxRef& t) {
    event({ms_at(at), 4, EventType::submit, Slot::client, 0, 0, t->id.tag(),
           static_cast<std::uint64_t>(due) * 1'000'000, &t});
  }
};

TEST(Metrics, OfStateModeCountEveryRequestOnceHoweverOftenItWasTried) {
  StateMode f;
  const TxRef request = f.request(0), silent = f.request(1), dropped = f.request(2);
  const TxRef first = f.envelope(request, 0), second = f.envelope(request, 1);
  f.submit(2000, request);
  f.submit(3000, silent);  // nobody ever endorses it
  f.submit(4000, dropped);
  f.give_up(5000, dropped);
  f.attempt(2100, 2000, first);
  f.admitted(2110, 0, first);
  const BlockRef one = f.block(f.genesis, {first}), two = f.block(one, {second});
  f.decide(2200, 0, one);
  f.give_up(2300, first);
  f.attempt(2500, 2000, second);
  f.decide(2600, 0, two);
  f.acknowledge(2700, second, 2);
  f.end();
  EXPECT_EQ(f.metric("transactions_offered"), 3);
  EXPECT_EQ(f.metric("transactions_accepted"), 1);
  EXPECT_EQ(f.metric("transactions_committed"), 1);
  EXPECT_EQ(f.metric("transactions_acknowledged"), 1);
  EXPECT_EQ(f.metric("transactions_dropped"), 1);
  EXPECT_EQ(f.metric("envelopes_invalidated"), 1);
  EXPECT_EQ(f.metric("transactions_without_effect"), -1);
  EXPECT_EQ(f.metric("effective_tps"), -1);
  EXPECT_DOUBLE_EQ(f.metric("throughput_tps"), 1 / 8.0);
  EXPECT_DOUBLE_EQ(f.metric("finality_latency_ms_p50"), 700);
  EXPECT_TRUE(f.result.saturated);
  EXPECT_EQ(f.violation("books"), nullptr);
  EXPECT_EQ(f.violation("durability"), nullptr);
  // `silent` waits from 3 s on, and nothing is decided after 2.6 s.
  ASSERT_NE(f.violation("liveness"), nullptr);
}

TEST(Metrics, OfStateModeDoNotCommitByAnInvalidEnvelope) {
  StateMode f;
  const TxRef request = f.request(0), first = f.envelope(request, 0);
  f.submit(2000, request);
  f.attempt(2100, 2000, first);
  f.decide(2200, 0, f.block(f.genesis, {first}));
  f.give_up(2300, first);
  f.end();
  EXPECT_EQ(f.metric("transactions_offered"), 1);
  EXPECT_EQ(f.metric("transactions_committed"), 0);
  EXPECT_EQ(f.metric("throughput_tps"), 0);
  EXPECT_EQ(f.metric("storage_bytes_per_tx"), -1);
}

/// An envelope acknowledged without having been committed is still found.
TEST(Metrics, OfStateModeTwinAnEnvelopeInNoBlockIsNotDurable) {
  StateMode f;
  const TxRef request = f.request(0), first = f.envelope(request, 0);
  f.submit(2000, request);
  f.attempt(2100, 2000, first);
  f.decide(2200, 0, f.block(f.genesis, {}));
  f.acknowledge(2300, first, 1);
  f.end();
  EXPECT_NE(f.violation("durability"), nullptr);
}

TEST(Metrics, SayWhatTookEffect) {
  Fixture f;
  f.begin();
  const TxRef good = f.tx("a1"), vain = f.tx("b1!");
  f.submit(2000, good);
  f.submit(2000, vain);
  const BlockRef one = f.block(f.genesis, {good, vain});
  f.decide(2200, 0, one);
  f.acknowledge(2300, good, 1);
  f.give_up(2300, vain);
  f.end();
  EXPECT_EQ(f.metric("transactions_committed"), 2);
  EXPECT_EQ(f.metric("transactions_without_effect"), 1);
  EXPECT_DOUBLE_EQ(f.metric("throughput_tps"), 2 / 8.0);
  EXPECT_DOUBLE_EQ(f.metric("effective_tps"), 1 / 8.0);
}

TEST(Metrics, SeriesAndBlocks) {
  Fixture f;
  f.begin();
  feed_load(f);
  f.end();
  const auto series = [&](const std::string& name) {
    std::vector<std::pair<double, double>> out;  // second, value
    for (const SeriesPoint& p : f.result.series) {
      if (p.name == name) out.emplace_back(static_cast<double>(count_ns(p.at)) / 1e9, p.value);
    }
    return out;
  };
  using Points = std::vector<std::pair<double, double>>;
  EXPECT_EQ(
      series("committed_tps"),
      (Points{{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 0}, {5, 0}, {6, 0}, {7, 0}, {8, 1}, {9, 1}}));
  // By when they were due; two in [8 s, 9 s): 1100 and 800 ms.
  EXPECT_EQ(series("latency_ms_p50"), (Points{{0, 250}, {1, 200}, {2, 400}, {3, 600}, {8, 800}}));
  // x1 waits from 5 s until it is given up at 7 s; e1, f1 and y1 wait at 9 s, y1 for ever.
  EXPECT_EQ(series("pending_tx"), (Points{{0, 0},
                                          {1, 0},
                                          {2, 0},
                                          {3, 0},
                                          {4, 0},
                                          {5, 0},
                                          {6, 1},
                                          {7, 1},
                                          {8, 0},
                                          {9, 2},
                                          {10, 1}}));
  EXPECT_TRUE(series("new_leaders").empty());
  ASSERT_EQ(f.result.blocks.size(), 6u);
  const BlockRow& third = f.result.blocks[2];
  EXPECT_EQ(third.height, 3u);
  EXPECT_EQ(third.producer, 2u);
  EXPECT_EQ(third.made, f.ms_at(2300));
  EXPECT_EQ(third.final, f.ms_at(2300));
  EXPECT_EQ(third.transactions, 1u);
  EXPECT_EQ(third.parent, f.result.blocks[1].id);
  EXPECT_FALSE(third.stale);
}

TEST(Metrics, LatencyCurvesByRegion) {
  Fixture f;
  f.plan.network.regions = {"near", "far"};
  f.plan.network.links.regions = 2;
  f.plan.network.links.region = {0, 0, 0, 0, 1};  // the only client is far
  f.plan.network.links.latency.assign(4, ms(10));
  f.begin();
  feed_load(f);
  f.leads(2500, 1, 1);
  f.leads(2600, 2, 2);
  f.end();
  ASSERT_EQ(f.result.latency.size(), 2u);
  for (const LatencyCurve& curve : f.result.latency) {
    EXPECT_EQ(curve.offered, 7u);
    EXPECT_EQ(curve.count, 5u);
    EXPECT_EQ(curve.p50_ms, 600);
    EXPECT_EQ(curve.p95_ms, 1100);
    ASSERT_EQ(curve.points.size(), 5u);
    EXPECT_DOUBLE_EQ(curve.points[1].share, 0.4);
    EXPECT_EQ(curve.points[1].ms, 400);
    EXPECT_EQ(curve.points[4].share, 1);
    EXPECT_EQ(curve.points[4].ms, 1100);
  }
  EXPECT_EQ(f.result.latency[0].region, "");
  EXPECT_EQ(f.result.latency[1].region, "far");
  double leaders = 0;
  for (const SeriesPoint& p : f.result.series) {
    if (p.name != "new_leaders") continue;
    leaders += p.value;
    EXPECT_EQ(p.value, p.at == f.ms_at(2000) ? 2 : 0);
  }
  EXPECT_EQ(leaders, 2);
  EXPECT_EQ(f.result.measured_from, f.ms_at(1000));
  EXPECT_EQ(f.result.measured_until, f.ms_at(9000));
  EXPECT_EQ(f.result.ended, f.ms_at(10000));
}

TEST(Metrics, LongDistributionsAreThinnedButKeepTheirEnds) {
  Fixture f;
  f.begin();
  BlockRef tip = f.genesis;
  for (int i = 0; i < 1000; ++i) {
    const TxRef t = f.tx("t" + std::to_string(i));
    f.submit(2000, t);
    tip = f.block(tip, {t});
    f.decide(2000 + i, 0, tip);
    f.acknowledge(2001 + i, t, tip->height);
  }
  f.end();
  ASSERT_EQ(f.result.latency.size(), 1u);  // one region: all is all
  const LatencyCurve& all = f.result.latency[0];
  EXPECT_EQ(all.count, 1000u);
  EXPECT_EQ(all.p50_ms, 500);
  ASSERT_EQ(all.points.size(), 400u);
  EXPECT_EQ(all.points.front().ms, 1);
  EXPECT_EQ(all.points.back().ms, 1000);
  for (const LatencyPoint& p : all.points) EXPECT_DOUBLE_EQ(p.share * 1000, p.ms);
}

TEST(Metrics, AvailabilityCountsWindowsInWhichTransactionsWaitInVain) {
  Fixture f;
  f.begin();
  BlockRef tip = f.genesis;
  int number = 0;
  const auto commit = [&](std::int64_t due, std::int64_t at) {
    const TxRef t = f.tx("t" + std::to_string(number++));
    f.submit(due, t);
    tip = f.block(tip, {t});
    f.decide(at, 0, tip);
    f.acknowledge(at + 10, t, tip->height);
  };
  for (std::int64_t at = 1000; at < 4000; at += 100) commit(at - 50, at);
  commit(4000, 7000);
  for (std::int64_t at = 7100; at < 9000; at += 100) commit(at - 50, at);
  f.end();
  // Median gap 100 ms, so windows of 1 s: eight, of which [4, 5), [5, 6) and [6, 7) are dead.
  EXPECT_DOUBLE_EQ(f.metric("availability"), 5 / 8.0);
  EXPECT_FALSE(f.result.saturated);
}

/// From 4 s on a commit every 100 ms, each three seconds after it was due: as blocks that wait for
/// their depth, or as a protocol that came late.
double availability_of(const std::string& family, std::int64_t quick = 0) {
  Fixture f;
  f.protocol.family = family;
  if (family == "lottery") {
    f.protocol.fault_model.settlement_risk_ppb = [](const Params&) -> std::uint64_t {
      return 1'000'000;
    };
  }
  f.begin();
  BlockRef tip = f.genesis;
  for (std::int64_t at = 4000; at < 9000; at += 100) {
    const TxRef t = f.tx("t" + std::to_string(at));
    f.submit(at - (at >= 9000 - quick ? 50 : 3000), t);
    tip = f.block(tip, {t});
    f.head(at - 10, 0, tip);
    f.final(at, 0, tip);
    f.acknowledge(at + 10, t, tip->height);
  }
  f.end();
  return f.metric("availability");
}

TEST(Metrics, AvailabilityLeavesALotteryTimeToSettle) {
  // Windows of 6.02 s, twice the latency: one, in which commits came. Else eight of 1 s, three
  // dead.
  EXPECT_DOUBLE_EQ(availability_of("lottery"), 1);
  EXPECT_DOUBLE_EQ(availability_of("log"), 5 / 8.0);
  // What the last ones waited is the time to settle: the others waited through an outage.
  EXPECT_DOUBLE_EQ(availability_of("lottery", 1000), 5 / 8.0);
}

TEST(Metrics, AvailabilityIsWholeWhereNothingWaits) {
  Fixture f;
  f.begin();
  const TxRef t = f.tx("a1");
  f.submit(1500, t);
  f.decide(1600, 0, f.block(f.genesis, {t}));
  f.acknowledge(1610, t, 1);
  f.end();
  EXPECT_DOUBLE_EQ(f.metric("availability"), 1);
}

TEST(Metrics, OfALottery) {
  Fixture f;
  f.protocol.family = "lottery";
  f.protocol.fault_model.settlement_risk_ppb = [](const Params&) -> std::uint64_t {
    return 1'000'000;
  };
  f.begin();
  const TxRef t = f.tx("a1");
  f.submit(900, t);
  const BlockRef a1 = f.block(f.genesis, {}), a2 = f.block(a1, {}), a3 = f.block(a2, {});
  const BlockRef b1 = f.block(f.genesis, {t}), b2 = f.block(b1, {});
  f.head(1000, 0, a1);
  f.head(1100, 1, b1);
  f.head(1200, 1, b2);
  f.head(2000, 0, a2);
  f.head(3000, 0, a3);
  f.head(3100, 1, a3);  // takes back b1 and b2
  for (const BlockRef& b : {a1, a2}) f.final(3200, 0, b);
  f.end();
  // Settled up to height 2: a1 and a2 are in, b1 and b2 are out; a3 is too young to tell.
  EXPECT_DOUBLE_EQ(f.metric("stale_rate"), 0.5);
  EXPECT_EQ(f.metric("reorg_depth_max"), 2);
  EXPECT_DOUBLE_EQ(f.metric("settlement_risk"), 0.001);
  EXPECT_DOUBLE_EQ(f.metric("block_interval_s"), 1.0);  // a1 at 1 s, a2 at 2 s
  ASSERT_EQ(f.result.blocks.size(), 5u);
  int stale = 0;
  for (const BlockRow& row : f.result.blocks) stale += row.stale ? 1 : 0;
  EXPECT_EQ(stale, 2);
}

/// A lottery's chain whose blocks the named nodes made, all final.
void feed_chain(Fixture& f, const std::vector<NodeId>& producers) {
  f.protocol.family = "lottery";
  f.begin();
  BlockRef tip = f.genesis;
  std::int64_t at = 1000;
  for (const NodeId producer : producers) {
    tip = f.block(tip, {});
    f.head(at, producer, tip);
    for (NodeId n = 0; n < 4; ++n) f.final(at + 50, n, tip);
    at += 100;
  }
  f.end();
}

TEST(Metrics, FairnessOfALottery) {
  Fixture f;
  f.system.hash_share_ppb = {500'000'000, 250'000'000, 250'000'000, 0};
  feed_chain(f, {0, 0, 0, 0, 0, 1, 1, 3});
  // 5, 2, 0, 1 blocks: ascending 0, 1, 2, 5; 2 (2 + 6 + 20) / (4 * 8) - 5/4.
  EXPECT_DOUBLE_EQ(f.metric("producer_gini"), 0.5);
  EXPECT_EQ(f.metric("nakamoto_coefficient"), 1);  // node 0 made 5 of 8
  // 0.625 - 0.5, 0.25 - 0.25, 0 - 0.25, 0.125 - 0.
  EXPECT_DOUBLE_EQ(f.metric("fairness_deviation"), 0.25);

  Fixture equal;
  equal.system.stakes = {7, 7, 7, 7};
  feed_chain(equal, {0, 1, 2, 3, 3, 2, 1, 0});
  EXPECT_DOUBLE_EQ(equal.metric("producer_gini"), 0);
  EXPECT_EQ(equal.metric("nakamoto_coefficient"), 3);  // two made just half
  EXPECT_DOUBLE_EQ(equal.metric("fairness_deviation"), 0);

  Fixture unknown;  // nobody says what would be fair
  feed_chain(unknown, {2});
  EXPECT_DOUBLE_EQ(unknown.metric("producer_gini"), 0.75);  // of four, one made all: 1 - 1/4
  EXPECT_EQ(unknown.result.metric("fairness_deviation"), nullptr);
}

/// Node 0 broadcasts one vote, works for a second and writes 96 bytes at the start.
class Busy final : public Module {
 public:
  void step(const Input& in, Effects& fx) override {
    if (in.kind != InputKind::start || in.self != 0) return;
    fx.broadcast(Vote{7});
    fx.persist(Bytes(96));
    fx.work_time(seconds(1));
  }
  void restore(std::span<const Record>) override {}
  void inspect(Inspector&) const override {}
};

TEST(Metrics, OfTheWorld) {
  Fixture f;
  f.make_node = [](NodeId, std::uint64_t) { return std::make_unique<Busy>(); };
  f.plan.hardware.power_idle_mw = 36'000;
  f.plan.hardware.power_busy_mw = 72'000;
  f.plan.network.links.up_bps.assign(5, 960);  // a vote of 8 + 8 + 16 bytes takes 4/15 s
  f.plan.network.links.down_bps.assign(5, 0);
  f.begin();
  feed_load(f);
  f.end();
  // One vote to three replicas, six decisions.
  EXPECT_DOUBLE_EQ(f.metric("messages_per_decision"), 3 / 6.0);
  EXPECT_DOUBLE_EQ(f.metric("bytes_per_decision"), 3 * 32 / 6.0);
  EXPECT_DOUBLE_EQ(f.metric("cpu_utilisation_max"), 0.1);  // 1 s of 10 s
  EXPECT_NEAR(f.metric("link_utilisation_max"), 3 * 32 * 8 / 960.0 / 10, 1e-9);
  EXPECT_DOUBLE_EQ(f.metric("storage_bytes_per_tx"),
                   static_cast<double>(f.world->disk_bytes(0)) / 4 / 6);
  EXPECT_GE(f.world->disk_bytes(0), 96u);
  // 4 x 36 W x 10 s, and 36 W more on one of four cores for 1 s; six transactions.
  EXPECT_DOUBLE_EQ(f.metric("energy_wh_per_tx"), (4 * 36 * 10 + 36 / 4.0) / 3600 / 6);
}

TEST(Metrics, HashPowerTakesEnergyWhileItsMinerIsUp) {
  Fixture f;
  f.system.hash_power = 1'000'000'000'000;  // 1 TH/s at 30 J/TH: 30 W
  f.system.hash_share_ppb = {250'000'000, 250'000'000, 250'000'000, 250'000'000};
  f.system.hash_energy_pj = 30;
  f.begin();
  feed_load(f);
  f.end();
  EXPECT_DOUBLE_EQ(f.metric("energy_wh_per_tx"), 30.0 * 10 / 3600 / 6);
}

TEST(Metrics, DoNotDependOnTheOrderBetweenNodes) {
  // What one node says may come before or after what another says at an earlier instant.
  const auto run = [](bool turned) {
    Fixture f;
    f.protocol.family = "lottery";
    f.begin();
    const TxRef t = f.tx("a1");
    const BlockRef one = f.block(f.genesis, {t}), two = f.block(one, {});
    if (turned) {
      for (NodeId n : {1u, 0u}) {
        f.decide(1100 + n, n, one);
        f.decide(1200 + n, n, two);
      }
      f.admitted(1010, 0, t);
      f.submit(1000, t);
    } else {
      f.submit(1000, t);
      f.admitted(1010, 0, t);
      for (const BlockRef& b : {one, two}) {
        for (NodeId n : {0u, 1u}) f.decide((b == one ? 1100 : 1200) + n, n, b);
      }
    }
    f.acknowledge(1300, t, 1);
    f.end();
    std::string text;
    for (const Metric& m : f.result.metrics) text += m.name + " " + std::to_string(m.value) + "\n";
    for (const Finding& v : f.result.violations) text += v.checker + " " + v.text + "\n";
    for (const BlockRow& b : f.result.blocks) {
      text +=
          b.id + " " + std::to_string(b.producer) + " " + std::to_string(count_ns(b.made)) + "\n";
    }
    return text;
  };
  EXPECT_EQ(run(false), run(true));
}

TEST(Metrics, AreDocumentedAsTheyAreDefined) {
  std::ifstream file(std::string(LEDGERLAB_SOURCE_DIR) + "/docs/metrics.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const MetricInfo& info : metric_table()) {
    const std::string row = "| `" + std::string(info.name) + "` | " + std::string(info.unit) +
                            " | " + std::string(info.definition) + " |";
    EXPECT_NE(text.str().find(row), std::string::npos) << row;
  }
  for (const CheckerInfo& info : checker_table()) {
    const std::string row = "| `" + std::string(info.name) + "` | " + std::string(info.text) + " |";
    EXPECT_NE(text.str().find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace ledgerlab
