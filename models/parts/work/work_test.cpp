// Known answers: Bitcoin's compact numbers and main network retargets, EIP-2's rule,
// Rosenfeld's table. Ethereum's own difficulty set runs in tests/vectors.
#include "models/parts/work/work.hpp"

#include <gtest/gtest.h>

#include "models/base/draw.hpp"

namespace ledgerlab::work {
namespace {

U256 number(std::string_view text) { return *u256_from_text(text); }

TEST(Compact, ReadsSizeMantissaAndSign) {
  struct Row {
    std::uint32_t bits;
    const char* value;
    bool negative;
    bool overflow;
    std::uint32_t again;
  };
  // The rows of Bitcoin's own specification of the form: values, signs, and what is lost.
  const Row rows[] = {
      {0x00000000, "0", false, false, 0},
      {0x00123456, "0", false, false, 0},
      {0x01003456, "0", false, false, 0},
      {0x02000056, "0", false, false, 0},
      {0x03000000, "0", false, false, 0},
      {0x04000000, "0", false, false, 0},
      {0x00923456, "0", false, false, 0},
      {0x01803456, "0", false, false, 0},
      {0x02800056, "0", false, false, 0},
      {0x03800000, "0", false, false, 0},
      {0x01123456, "0x12", false, false, 0x01120000},
      {0x02123456, "0x1234", false, false, 0x02123400},
      {0x03123456, "0x123456", false, false, 0x03123456},
      {0x04123456, "0x12345600", false, false, 0x04123456},
      {0x04923456, "0x12345600", true, false, 0x04123456},
      {0x05009234, "0x92340000", false, false, 0x05009234},
      {0x20123456, "0x1234560000000000000000000000000000000000000000000000000000000000", false,
       false, 0x20123456},
      {0xff123456, "0", false, true, 0},
  };
  for (const Row& row : rows) {
    const CompactValue v = decode_compact(row.bits);
    EXPECT_EQ(v.negative, row.negative) << std::hex << row.bits;
    EXPECT_EQ(v.overflow, row.overflow) << std::hex << row.bits;
    if (row.overflow) continue;
    EXPECT_EQ(v.value, number(row.value)) << std::hex << row.bits;
    EXPECT_EQ(encode_compact(v.value), row.again) << std::hex << row.bits;
  }
  EXPECT_EQ(encode_compact(0x80), 0x02008000u);
  EXPECT_FALSE(target_from_compact(0x04923456));
  EXPECT_FALSE(target_from_compact(0x21010000));
  EXPECT_TRUE(target_from_compact(0x2100ffff));
  EXPECT_FALSE(target_from_compact(0));
}

TEST(Compact, CanonicalFormsComeBack) {
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const auto draw = [&](unsigned k) { return draw64(5, k, Purpose("work.test"), i); };
    const U256 value =
        U256(draw(0), draw(1), draw(2), draw(3)) >> static_cast<unsigned>(draw(4) % 256);
    const std::uint32_t bits = encode_compact(value);
    const CompactValue back = decode_compact(bits);
    ASSERT_FALSE(back.negative || back.overflow);
    ASSERT_LE(back.value, value);
    ASSERT_EQ(encode_compact(back.value), bits);
    // At least 15 significant bits survive.
    ASSERT_LE(value - back.value, value >> 15);
  }
}

TEST(Work, IsTheMeanNumberOfHashes) {
  EXPECT_EQ(block_work(U256::max()), U256(1));
  EXPECT_EQ(block_work(U256::max() >> 1), U256(2));
  EXPECT_EQ(block_work(0),
            number("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"));
  // Bitcoin's genesis block: chain work 0x100010001.
  EXPECT_EQ(block_work(*target_from_compact(0x1d00ffff)), U256(0x100010001));
  for (const std::uint64_t tries : {1ull, 2ull, 3ull, 1000ull, 1ull << 40, 999'999'999'999ull}) {
    EXPECT_EQ(block_work(target_for_tries(tries)), U256(tries));
  }
  EXPECT_EQ(target_for_tries(0), U256::max());
}

TEST(BitcoinRetarget, MainNetworkAnswers) {
  BitcoinRule rule;
  rule.limit = number("0x00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
  // Block 32256, the first change of difficulty.
  EXPECT_EQ(bitcoin_retarget(rule, 0x1d00ffff, 1261130161, 1262152739), 0x1d00d86au);
  // Block 2016: slower than wanted, and already at the limit.
  EXPECT_EQ(bitcoin_retarget(rule, 0x1d00ffff, 1231006505, 1233061996), 0x1d00ffffu);
  // Block 68544: more than four times too fast, clamped to a quarter.
  EXPECT_EQ(bitcoin_retarget(rule, 0x1c05a3f4, 1279008237, 1279297671), 0x1c0168fdu);
  // Block 46368: more than four times too slow, clamped to four times.
  EXPECT_EQ(bitcoin_retarget(rule, 0x1c387f6f, 1263163443, 1269211443), 0x1d00e1fdu);
}

TEST(BitcoinRetarget, ClampsAndStopsAtTheEdges) {
  BitcoinRule rule;
  rule.timespan = 1000;
  const U256 old = target_for_tries(U256(1) << 64);
  const std::uint32_t bits = encode_compact(old);
  const U256 exact = decode_compact(bits).value;
  EXPECT_EQ(bitcoin_retarget(rule, bits, 0, 1000), bits);
  EXPECT_EQ(bitcoin_retarget(rule, bits, 0, 1), encode_compact(exact / U256(4)));
  EXPECT_EQ(bitcoin_retarget(rule, bits, 5000, 1), encode_compact(exact / U256(4)));
  EXPECT_EQ(bitcoin_retarget(rule, bits, 0, 1'000'000), encode_compact(exact * U256(4)));
  // 2^256 is never passed.
  const std::uint32_t easy = encode_compact(U256::max() >> 1);
  EXPECT_EQ(bitcoin_retarget(rule, easy, 0, 100'000), encode_compact(U256::max()));
  EXPECT_EQ(bitcoin_retarget(rule, encode_compact(1), 0, 1), encode_compact(1));
}

TEST(Homestead, RuleOfEip2) {
  const HomesteadRule rule;
  const U256 d = 1'000'000'000;
  EXPECT_EQ(homestead_difficulty(rule, d, 100, 109, 5), d + d / U256(2048));
  EXPECT_EQ(homestead_difficulty(rule, d, 100, 110, 5), d);
  EXPECT_EQ(homestead_difficulty(rule, d, 100, 119, 5), d);
  EXPECT_EQ(homestead_difficulty(rule, d, 100, 120, 5), d - d / U256(2048));
  EXPECT_EQ(homestead_difficulty(rule, d, 100, 100 + 1100, 5), d - d / U256(2048) * U256(99));
  EXPECT_EQ(homestead_difficulty(rule, d, 100, 1'000'000, 5), d - d / U256(2048) * U256(99));
  EXPECT_EQ(homestead_difficulty(rule, 131072, 0, 1000, 5), U256(131072));
}

TEST(Settlement, RosenfeldsTable) {
  // Table 1, q = 10%: 20, 5.6, 1.712, 0.5456, 0.1782, 0.0591 %.
  const std::uint64_t tenth = 100'000'000;
  EXPECT_EQ(reversal_risk_ppb(tenth, 1), 200'000'000u);
  EXPECT_EQ(reversal_risk_ppb(tenth, 2), 56'000'000u);
  EXPECT_EQ(reversal_risk_ppb(tenth, 3), 17'120'000u);
  EXPECT_EQ(reversal_risk_ppb(tenth, 4), 5'456'000u);
  EXPECT_EQ(reversal_risk_ppb(tenth, 5), 1'781'840u);
  EXPECT_EQ(reversal_risk_ppb(tenth, 6), 591'413u);
  // Other columns: q = 30%, n = 1: 60%; q = 2%, n = 2: 0.237%.
  EXPECT_EQ(reversal_risk_ppb(300'000'000, 1), 600'000'000u);
  EXPECT_NEAR(static_cast<double>(reversal_risk_ppb(20'000'000, 2)) / 1e7, 0.237, 0.0005);
}

// Section 11 of the paper: its two tables; the list for P < 0.1 % starts with z = 5 at q = 0.1.
TEST(Settlement, NakamotosTables) {
  const auto risk = [](double q, std::uint32_t z) {
    return static_cast<double>(nakamoto_risk_ppb(static_cast<std::uint64_t>(q * 1e9 + 0.5), z)) /
           1e9;
  };
  EXPECT_EQ(risk(0.1, 0), 1);
  EXPECT_NEAR(risk(0.1, 1), 0.2045873, 1e-7);
  EXPECT_NEAR(risk(0.1, 2), 0.0509779, 1e-7);
  EXPECT_NEAR(risk(0.1, 5), 0.0009137, 1e-7);
  EXPECT_NEAR(risk(0.1, 6), 0.0002428, 1e-7);
  EXPECT_NEAR(risk(0.1, 10), 0.0000012, 1e-7);
  EXPECT_NEAR(risk(0.3, 5), 0.1773523, 1e-7);
  EXPECT_NEAR(risk(0.3, 10), 0.0416605, 1e-7);
  EXPECT_NEAR(risk(0.3, 20), 0.0024804, 1e-7);
  EXPECT_LT(risk(0.45, 340), 0.001);
  EXPECT_GE(risk(0.45, 339), 0.001);
  EXPECT_EQ(risk(0.5, 100), 1);
}

TEST(Settlement, DepthIsTheFirstBelowTheRisk) {
  EXPECT_EQ(settlement_depth(100'000'000, 1'000'000), 6u);   // 0.1% at 10%
  EXPECT_EQ(settlement_depth(100'000'000, 10'000'000), 4u);  // 1% at 10%
  EXPECT_EQ(settlement_depth(0, 1), 1u);
  EXPECT_FALSE(settlement_depth(500'000'000, 999'999'999));
  for (const std::uint64_t share :
       {50'000'000ull, 200'000'000ull, 330'000'000ull, 400'000'000ull}) {
    const auto depth = settlement_depth(share, 1'000'000);
    ASSERT_TRUE(depth);
    EXPECT_LT(reversal_risk_ppb(share, *depth), 1'000'000u);
    EXPECT_GE(reversal_risk_ppb(share, *depth - 1), 1'000'000u);
  }
}

TEST(Settlement, AgreesWithAnExactRace) {
  // The same probability by another road: the walk of Rosenfeld section 3 as an exact table. After
  // n honest blocks the attacker has m with negative binomial weight, then catches up from n-m-1.
  for (const double q : {0.1, 0.25, 0.4}) {
    const double p = 1 - q;
    for (const std::uint32_t n : {1u, 3u, 6u, 12u, 30u}) {
      double risk = 0;
      double weight = 1;
      for (std::uint32_t i = 0; i < n; ++i) weight *= p;
      double below = 0;
      for (std::uint32_t m = 0; m + 1 <= n; ++m) {
        double catch_up = 1;
        for (std::uint32_t z = 0; z < n - m; ++z) catch_up *= q / p;
        risk += weight * catch_up;
        below += weight;
        weight *= q * (m + n) / (m + 1);
      }
      risk += 1 - below;
      EXPECT_NEAR(
          static_cast<double>(reversal_risk_ppb(static_cast<std::uint64_t>(q * 1e9 + 0.5), n)),
          risk * 1e9, 2)
          << q << " " << n;
    }
  }
}

}  // namespace
}  // namespace ledgerlab::work
