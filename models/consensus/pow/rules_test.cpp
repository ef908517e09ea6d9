// The chain's rules as pure functions, the header's codec, and difficulty along real chains.
#include "models/consensus/pow/rules.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/consensus/pow/pow_test.hpp"
#include "models/parts/chain/settlement.hpp"

namespace ledgerlab::pow::test {
namespace {

/// Difficulty at each height when blocks come at the given gaps.
std::vector<U256> difficulties(const PowWorld::Changes& changes, std::uint32_t blocks,
                               std::uint64_t gap_ms, std::uint64_t power = 1'000'000) {
  PowWorld w(1);
  const Params params = params_of(*w.info, changes);
  ModuleContext context = w.context(0);
  context.params = &params;
  context.hash_power = power;
  const Rules rules(context);
  Lineage at{rules.genesis, 0};
  std::vector<U256> out = {claimed_work(rules.genesis)};
  for (std::uint32_t i = 1; i <= blocks; ++i) {
    Header h;
    h.height = i;
    h.time = at.header.time + gap_ms * 1'000'000;
    rules.set_difficulty(h, at);
    at = {h, rules.next_window_start(at, h)};
    out.push_back(claimed_work(h));
  }
  return out;
}

TEST(Rules, AreOneObjectForEqualParametersOnly) {
  PowWorld w(1);
  Params params = params_of(*w.info, {{"block_interval", "10 s"}});
  const Params equal = params;
  ModuleContext context = w.context(0);
  context.params = &params;
  const auto first = shared_rules(context);
  context.params = &equal;
  EXPECT_EQ(shared_rules(context), first);
  params.set("median_window", std::int64_t{3});
  context.params = &params;
  const auto other = shared_rules(context);
  EXPECT_NE(other, first);
  EXPECT_EQ(other->median_window, 3u);
  context.hash_power = 7;
  EXPECT_NE(shared_rules(context), other);
}

TEST(Difficulty, StartsWithWhatAllPowerMakesInOneInterval) {
  // 1 MH/s for 10 s: ten million hashes, to the precision of a compact target.
  const auto d = difficulties({{"block_interval", "10 s"}}, 1, 10'000);
  EXPECT_NEAR(static_cast<double>(d[0].low64()), 1e7, 1e7 / 32768);
  const auto exact =
      difficulties({{"block_interval", "10 s"}, {"retarget", "homestead"}}, 1, 10'000);
  EXPECT_EQ(exact[0], U256(10'000'000));
  EXPECT_EQ(difficulties({{"initial_difficulty", "4096"}, {"retarget", "none"}}, 5, 1)[5],
            U256(4096));
}

TEST(Difficulty, BitcoinChangesAtWindowsOnlyAndMeasuresOneGapTooFew) {
  const PowWorld::Changes window = {{"block_interval", "10 s"}, {"retarget_window", "20"}};
  const auto steady = difficulties(window, 60, 10'000);
  EXPECT_EQ(steady[19], steady[0]);
  // The first window starts at genesis (time 0): 19 gaps of 10 s count as 20 intervals.
  EXPECT_NEAR(static_cast<double>(steady[20].low64()) / static_cast<double>(steady[0].low64()),
              20.0 / 19, 1e-4);
  EXPECT_EQ(steady[39], steady[20]);
  EXPECT_NE(steady[40], steady[39]);
  const auto fast = difficulties(window, 20, 1'000);
  EXPECT_NEAR(static_cast<double>(fast[20].low64()) / static_cast<double>(fast[0].low64()), 4,
              1e-3);
  const auto slow = difficulties(window, 20, 1'000'000);
  EXPECT_NEAR(static_cast<double>(slow[20].low64()) / static_cast<double>(slow[0].low64()), 0.25,
              1e-3);
}

TEST(Difficulty, HomesteadMovesWithEveryBlock) {
  const PowWorld::Changes rule = {{"block_interval", "14426 ms"}, {"retarget", "homestead"}};
  // Below one step (10 s, from the interval by ln 2) up by 1/2048; two steps and more, down.
  const auto up = difficulties(rule, 1, 9'000);
  EXPECT_EQ(up[1], up[0] + up[0] / U256(2048));
  const auto same = difficulties(rule, 1, 15'000);
  EXPECT_EQ(same[1], same[0]);
  const auto down = difficulties(rule, 1, 25'000);
  EXPECT_EQ(down[1], down[0] - down[0] / U256(2048));
  const auto floor = difficulties(rule, 2000, 10'000'000);
  EXPECT_EQ(floor[2000], U256(131072));
}

TEST(Difficulty, ChainsObeyItAndReceiversCheckIt) {
  for (const char* retarget : {"bitcoin", "homestead"}) {
    PowWorld w(2, {{"block_interval", "10 s"},
                   {"retarget", retarget},
                   {"retarget_window", "4"},
                   {"settlement_depth", "3"}});
    w.mine(0, 30);  // a block each second: ten times too fast
    EXPECT_EQ(w.height(1), 30u) << retarget;
    const U256 first = claimed_work(Rules(w.context(0)).genesis);
    EXPECT_GT(claimed_work(*header_of(*w.nodes[1].head)), first) << retarget;
    // A restarted node judges by the same windows.
    w.crash(1);
    w.restart(1);
    w.mine(0, 12);
    EXPECT_EQ(w.height(1), 42u) << retarget;
    EXPECT_EQ(w.field(1, "refused"), "0");
  }
}

TEST(Header, BothLayoutsComeBackAndNothingElseIsTaken) {
  for (const std::uint32_t version : {version_compact, version_difficulty}) {
    Header h;
    h.version = version;
    h.height = 77;
    h.time = 123456789;
    h.miner = 5;
    h.nonce = 42;
    if (version == version_compact) {
      h.bits = 0x1d00ffff;
    } else {
      h.difficulty = U256(1) << 200;
    }
    const MinedBlock mined = make_mined(h, make_payload({make_transaction(Bytes(80, 3))}));
    const Bytes bytes = codec::encode(mined);
    const auto back = codec::decode<MinedBlock>(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->header, h);
    EXPECT_EQ(back->digest, mined.digest);
    EXPECT_EQ(back->block->id, mined.block->id);
    EXPECT_EQ(codec::encode(*back), bytes);
    EXPECT_EQ(MinedBlock::from(mined.block)->digest, mined.digest);
    EXPECT_EQ(mined.block->header.size(), version == version_compact ? 164u : 192u);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      EXPECT_FALSE(codec::decode<MinedBlock>(ByteView(bytes).first(cut)));
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Bytes flipped = bytes;
      flipped[i] ^= 0x10;
      const auto other = codec::decode<MinedBlock>(flipped);
      if (!other) continue;
      EXPECT_EQ(codec::encode(*other), flipped) << i;
      const bool same = other->block->id == mined.block->id &&
                        other->block->payload->root == mined.block->payload->root &&
                        other->signatures == mined.signatures;
      EXPECT_FALSE(same) << "byte " << i << " is covered by neither id nor root nor signatures";
    }
  }
  // The nonce is no part of what is searched over.
  Header h;
  h.bits = 1;
  Header other = h;
  other.nonce = 9;
  EXPECT_EQ(work_digest(h), work_digest(other));
  other.time = 9;
  EXPECT_EQ(search_digest(h), search_digest(other)) << "the time is found with the nonce";
  EXPECT_NE(work_digest(h), work_digest(other)) << "and bound by the work";
  EXPECT_FALSE(header_of(*make_genesis({})));
}

TEST(Liveness, TheBoundHoldsForTheGammaTail) {
  for (const std::uint64_t m : {1ull, 2ull, 8ull, 30ull, 200ull}) {
    const std::uint64_t x = chain::waits_bound(m);
    // P(gamma(m) > x) = e^-x sum over i < m of x^i / i!, in logarithms.
    const auto tail = [&](double at) {
      double sum = 0;
      for (std::uint64_t i = 0; i < m; ++i) {
        const double d = static_cast<double>(i);
        sum += std::exp(-at + d * std::log(at) - std::lgamma(d + 1));
      }
      return sum;
    };
    EXPECT_LE(tail(static_cast<double>(x)), 1e-9) << m;
    EXPECT_GT(tail(static_cast<double>(x) * 0.8), 1e-9) << m << ": not absurdly loose";
  }
  PowWorld w(1);
  const Params p = params_of(*w.info, {{"block_interval", "10 s"}});
  EXPECT_GT(liveness_bound(p, ms(100), 20), 8 * seconds(10));
  EXPECT_LT(liveness_bound(p, ms(100), 20), 150 * seconds(10));
}

}  // namespace
}  // namespace ledgerlab::pow::test
