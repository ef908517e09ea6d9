// Floods at many times a pool's capacity: what it holds is bounded, who pays more gets in, payloads
// go on, and the minimum fee rises and falls.
#include "tests/support/pool_bench.hpp"

namespace ledgerlab::pool_test {
namespace {

constexpr std::uint32_t capacity = 200;

/// Spam from everywhere: `i` names sender and nonce, the fee is 1 to 10.
TxRef spam(std::uint32_t i) {
  Bytes bytes{static_cast<Byte>(i % 180), static_cast<Byte>(i / 180 % 8),
              static_cast<Byte>(1 + i * 7919 % 10), static_cast<Byte>(i >> 8)};
  bytes.push_back(static_cast<Byte>(i));
  bytes.resize(70);
  return make_transaction(bytes);
}

TEST(PoolFlood, AHundredTimesTheCapacityLeavesRoomForWhoPaysMore) {
  Bench bench(Ask::all, {{"max_transactions", std::to_string(capacity)},
                         {"per_sender", "8"},
                         {"remember", "100"},
                         {"expiry", "1000 s"}});
  std::vector<TxRef> honest;
  Height height = 0;
  std::size_t decided = 0;
  for (std::uint32_t i = 0; i < 100 * capacity; ++i) {
    bench.request(50, spam(i));
    if (i % 1000 == 999) {
      const auto nonce = static_cast<Byte>(honest.size());
      honest.push_back(tx(190, nonce, 100));
      bench.request(60, honest.back());
      const auto payload = bench.build(++height, 10, 100'000);
      ASSERT_EQ(payload.size(), 10u);
      ASSERT_EQ(payload[0], honest.back());  // in the first block after it was sent
      const BlockRef block = bench.block(height, payload);
      bench.head({}, {block});
      bench.final(block);
      decided += payload.size();
    }
    ASSERT_LE(bench.field("pool.transactions"), capacity);
    ASSERT_LE(bench.field("pool.bytes"), capacity * 70);
    ASSERT_LE(bench.field("pool.known"), capacity + 100);
    ASSERT_LE(bench.field("pool.expiring"), 2 * capacity + 1025);
  }
  EXPECT_EQ(decided, 10u * honest.size());
  for (const std::string& answer : bench.answers()) {
    if (answer.starts_with("60:")) {
      EXPECT_TRUE(answer.find(":reply") != std::string::npos) << answer;
    }
  }
}

TEST(PoolFlood, WhatTheLedgerHasNotAnsweredIsBoundedToo) {
  Bench bench(Ask::all, {{"max_transactions", "10"}, {"remember", "10"}});
  bench.hold_checks = true;
  for (std::uint32_t i = 0; i < 20'000; ++i) bench.request(50, spam(i));
  EXPECT_EQ(bench.field("pool.known"), 10u + 10 + 4096);
  bench.answer_held();
  EXPECT_LE(bench.field("pool.known"), 20u);
  bench.request(60, tx(190, 0, 100));
  EXPECT_EQ(bench.build(1, 1).at(0)->bytes[2], 100);
}

TEST(PoolFlood, TheMinimumFeeRisesWhenFullAndHalvesWithTime) {
  const std::map<std::string, std::string> full{
      {"max_transactions", "3"}, {"incremental_fee", "2"}, {"floor_half_life", "100 s"}};
  Bench bench(Ask::all, full);
  for (const Byte sender : {1, 2, 3}) bench.request(9, tx(sender, 0, 20));
  bench.request(9, tx(4, 0, 30));
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});
  EXPECT_EQ(bench.field("pool.floor"), 22u);
  const BlockRef block = bench.block(1, bench.build(1));
  bench.head({}, {block});
  bench.final(block);
  bench.answers();
  bench.request(9, tx(5, 0, 21));  // there is room, but what paid so little was just thrown out
  EXPECT_EQ(bench.answers(), Texts{refused(9, fee_too_low)});
  bench.fire(seconds(100));
  bench.request(9, tx(5, 0, 10));
  EXPECT_EQ(bench.answers(), Texts{refused(9, fee_too_low)});
  bench.request(9, tx(5, 0, 11));
  EXPECT_TRUE(bench.answers().empty());
  bench.fire(seconds(400));
  bench.request(9, tx(6, 0, 1));
  EXPECT_TRUE(bench.answers().empty());

  auto off = full;
  off["floor_half_life"] = "0 s";  // the twin: without it the low fee comes back at once
  Bench twin(Ask::all, off);
  for (const Byte sender : {1, 2, 3}) twin.request(9, tx(sender, 0, 20));
  twin.request(9, tx(4, 0, 30));
  const BlockRef same = twin.block(1, twin.build(1));
  twin.head({}, {same});
  twin.answers();
  twin.request(9, tx(5, 0, 1));
  EXPECT_TRUE(twin.answers().empty());
}

}  // namespace
}  // namespace ledgerlab::pool_test
