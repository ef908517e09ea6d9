// The pool driven by hand: admission, order, replacement, limits, reorganisations, answers.
#include "tests/support/pool_bench.hpp"

namespace ledgerlab::pool_test {
namespace {

TEST(Pool, HighestFeeFirstInTheOrderOfNonces) {
  Bench bench;
  const auto a0 = tx(1, 0, 1), a1 = tx(1, 1, 90), b0 = tx(2, 0, 50), c0 = tx(3, 0, 50);
  for (const TxRef& t : {a1, b0, c0, a0}) bench.request(9, t);
  // a1 pays most but comes behind a0; b0 and c0 pay the same and go by age.
  EXPECT_EQ(bench.build(1), (std::vector<TxRef>{b0, c0, a0, a1}));
  EXPECT_TRUE(bench.answers().empty());
}

TEST(Pool, FutureNoncesWaitForTheGapToClose) {
  Bench bench;
  bench.request(9, tx(1, 1, 5));
  bench.request(9, tx(1, 2, 5));
  EXPECT_TRUE(bench.pendings.empty());
  EXPECT_TRUE(bench.build(1).empty());
  bench.request(9, tx(1, 0, 5));
  ASSERT_EQ(bench.pendings.size(), 1u);
  EXPECT_EQ(bench.pendings[0].count, 3u);
  EXPECT_EQ(bench.pendings[0].bytes, 3u * 69u);
  EXPECT_EQ(bench.build(1).size(), 3u);
}

TEST(Pool, LimitsOfAPayload) {
  Bench bench;
  for (Byte n = 0; n < 10; ++n) bench.request(9, tx(1, n, 5));
  EXPECT_EQ(bench.build(1, 4).size(), 4u);
  const std::uint64_t one = codec::encoded_size(tx(1, 0, 5));
  EXPECT_EQ(bench.build(1, 100, 3 * one).size(), 3u);
  EXPECT_EQ(bench.build(1, 100, 3 * one - 1).size(), 2u);
  EXPECT_TRUE(bench.build(1, 100, one - 1).empty());
  EXPECT_EQ(bench.build(1).size(), 10u);  // what did not fit was not lost
}

TEST(Pool, ReservedUntilTheHeightIsBuiltAgain) {
  Bench bench;
  for (Byte n = 0; n < 6; ++n) bench.request(9, tx(1, n, 5));
  const auto first = bench.build(10, 2), second = bench.build(11, 2);
  EXPECT_EQ(first[0]->bytes[1], 0);
  EXPECT_EQ(second[0]->bytes[1], 2);  // a pipeline hands nothing out twice
  EXPECT_EQ(bench.pendings.back().count, 2u);
  EXPECT_EQ(bench.build(11, 3).size(), 3u);
  EXPECT_EQ(bench.build(11, 3)[0]->bytes[1], 2);
  EXPECT_EQ(bench.build(10, 6).size(), 6u);  // what was built above it is given up too
}

TEST(Pool, LosingTheLeadFreesEverything) {
  Bench bench(Ask::leader);
  bench.lead(true, 0, 1);
  for (Byte n = 0; n < 3; ++n) bench.request(9, tx(1, n, 5));
  EXPECT_EQ(bench.build(1).size(), 3u);
  EXPECT_TRUE(bench.build(2).empty());
  bench.lead(false, 2, 2);
  bench.nonces[1] = 1;  // the other leader got the first one decided; we saw only its snapshot
  bench.lead(true, 0, 3);
  EXPECT_EQ(bench.pendings.back().count, 2u);
  const auto built = bench.build(2);
  ASSERT_EQ(built.size(), 2u);
  EXPECT_EQ(built[0]->bytes[1], 1);
}

TEST(Pool, OnlyTheLeaderTakesRequests) {
  Bench bench(Ask::leader);
  bench.request(9, tx(1, 0, 5));
  EXPECT_EQ(bench.answers(), Texts{"9:redirect -"});
  bench.lead(false, 2, 1);
  bench.request(9, tx(1, 0, 5));
  EXPECT_EQ(bench.answers(), Texts{"9:redirect 2"});
  EXPECT_EQ(bench.checks, 0u);
  const BlockRef block = bench.block(4, {tx(1, 0, 5)});
  bench.head({}, {block});
  bench.final(block);
  // It is no leader, but it knows the answer: the leader may have restarted since.
  bench.request(9, tx(1, 0, 5));
  EXPECT_EQ(bench.answers(), Texts{"9:reply 4 ok"});
}

TEST(Pool, FinalTransactionsAreAnsweredToAllWhoAsked) {
  Bench bench;
  const auto t = tx(1, 0, 5);
  bench.request(9, t);
  bench.request(8, t);
  bench.request(9, t);
  EXPECT_EQ(bench.checks, 1u);
  const BlockRef block = bench.block(1, bench.build(1));
  bench.head({}, {block});
  bench.request(7, t);  // adopted, not final: no answer yet
  EXPECT_TRUE(bench.answers().empty());
  bench.final(block);
  EXPECT_EQ(bench.answers(), (Texts{"9:reply 1 ok", "8:reply 1 ok", "7:reply 1 ok"}));
  bench.request(6, t);  // asked again later
  EXPECT_EQ(bench.answers(), Texts{"6:reply 1 ok"});
  EXPECT_EQ(bench.field("pool.known"), 0u);
}

TEST(Pool, ATakenNonceIsRefusedAndAnsweredIfItTurnsOutToBeThisOne) {
  Bench bench;
  const auto t = tx(1, 0, 5);
  const BlockRef block = bench.block(1, {t});
  bench.head({}, {block});  // this pool has never seen it
  bench.request(9, t);
  EXPECT_EQ(bench.answers(), Texts{refused(9, nonce_used)});
  bench.final(block);
  EXPECT_EQ(bench.answers(), Texts{"9:reply 1 ok"});
}

TEST(Pool, RefusalsNameTheReason) {
  Bench bench(Ask::all, {{"min_fee", "3"}, {"max_gap", "5"}});
  bench.request(9, tx(1, 0, 5, 0, 0xff));
  bench.request(9, tx(1, 0, 2));
  bench.request(9, tx(1, 6, 5));
  bench.request(9, tx(1, 5, 5));
  EXPECT_EQ(bench.answers(),
            (Texts{refused(9, bad_signature), refused(9, fee_too_low), refused(9, pool_full)}));
  EXPECT_EQ(bench.field("pool.transactions"), 1u);
}

TEST(Pool, ReplacementPaysTheBumpAndKeepsTheReservation) {
  Bench bench;
  bench.request(9, tx(1, 0, 50));
  bench.request(8, tx(1, 0, 54));  // 10 % is 5
  EXPECT_EQ(bench.answers(), Texts{refused(8, fee_too_low)});
  EXPECT_EQ(bench.build(1).size(), 1u);
  bench.request(8, tx(1, 0, 55));
  EXPECT_EQ(bench.answers(), Texts{refused(9, fee_too_low)});
  EXPECT_TRUE(bench.build(2).empty());  // height 1 is undecided
  EXPECT_EQ(bench.build(1)[0]->bytes[2], 55);
  EXPECT_EQ(bench.field("pool.transactions"), 1u);
}

TEST(Pool, AFullPoolThrowsOutTheLowestFeeFromTheEndOfAQueue) {
  Bench bench(Ask::all, {{"max_transactions", "4"}});
  bench.request(1, tx(1, 0, 1));
  bench.request(1, tx(1, 1, 9));
  bench.request(2, tx(2, 0, 5));
  bench.request(3, tx(3, 0, 5));
  bench.request(4, tx(4, 0, 5));  // pays no more than the lowest of the last ones
  EXPECT_EQ(bench.answers(), Texts{refused(4, pool_full)});
  bench.request(4, tx(4, 0, 6));  // 1/0 pays least, but 1/1 stands on it; of 2 and 3 the newer goes
  EXPECT_EQ(bench.answers(), Texts{refused(3, pool_full)});
  bench.build(1, 2);  // reserves 4/0 and 2/0
  bench.request(2, tx(2, 1, 20));
  EXPECT_EQ(bench.answers(), Texts{refused(1, pool_full)});
  EXPECT_EQ(bench.field("pool.transactions"), 4u);
  bench.request(1, tx(1, 1, 30));  // does not push out its own predecessor, nor what is reserved
  EXPECT_EQ(bench.answers(), Texts{refused(1, pool_full)});
}

TEST(Pool, PerSenderLimitLetsAMissingNonceIn) {
  Bench bench(Ask::all, {{"per_sender", "3"}});
  for (const Byte n : {1, 2, 3, 4}) bench.request(9, tx(1, n, 5));
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});
  bench.request(9, tx(1, 0, 5));
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});  // for nonce 3
  EXPECT_EQ(bench.build(1).size(), 3u);
}

TEST(Pool, WhatIsNotInTheAdoptedBlockIsHandedOutAgain) {
  Bench bench(Ask::home);
  const auto a = tx(1, 0, 5), b = tx(2, 0, 5);
  bench.request(9, a);
  bench.request(9, b);
  EXPECT_EQ(bench.build(1).size(), 2u);
  bench.head({}, {bench.block(1, {a})});  // another miner's block
  EXPECT_EQ(bench.build(2), (std::vector<TxRef>{b}));
}

TEST(Pool, RevertedTransactionsComeBackBeforeTheNextPayload) {
  Bench bench(Ask::home);
  const auto a0 = tx(1, 0, 5), a1 = tx(1, 1, 5), a2 = tx(1, 2, 5), b = tx(2, 0, 7);
  for (const TxRef& t : {a0, a1, a2, b}) bench.request(9, t);
  const BlockRef old1 = bench.block(1, {a0, b}), old2 = bench.block(2, {a1});
  bench.head({}, {old1});
  bench.head({}, {old2});
  EXPECT_EQ(bench.build(3), (std::vector<TxRef>{a2}));
  bench.hold_checks = true;
  bench.head({old2, old1}, {bench.block(1, {b}), bench.block(2, {})});
  EXPECT_TRUE(bench.build(3).empty());
  EXPECT_FALSE(bench.built);  // the payload waits for the ledger's answers
  bench.answer_held();
  ASSERT_TRUE(bench.built);
  EXPECT_EQ((*bench.built)->transactions, (std::vector<TxRef>{a0, a1, a2}));
  bench.final(bench.block(1, {b}));
  EXPECT_EQ(bench.answers(), Texts{"9:reply 1 ok"});
}

TEST(Pool, WhatComesBackAloneIsNoLongerInTheQueueItWasIn) {
  Bench bench(Ask::home);
  const auto a0 = tx(1, 0, 5), a1 = tx(1, 1, 5), b0 = tx(2, 0, 5), b1 = tx(2, 1, 5);
  for (const TxRef& t : {a0, a1}) bench.request(9, t);
  const BlockRef old = bench.block(1, {a0, a1});
  bench.head({}, {old});
  bench.head({old}, {bench.block(1, {a0})});            // a1 is its sender's only one now
  for (const TxRef& t : {b0, b1}) bench.request(9, t);  // in the room of that queue
  bench.head({}, {bench.block(2, {a1})});
  EXPECT_EQ(bench.build(3), (std::vector<TxRef>{b0, b1}));
}

TEST(Pool, AForeignTransactionMovesItsSendersNonce) {
  Bench bench;
  bench.request(9, tx(1, 1, 5));
  EXPECT_TRUE(bench.build(1).empty());
  bench.head({}, {bench.block(1, {tx(1, 0, 3)})});  // never seen here
  EXPECT_EQ(bench.build(2).size(), 1u);
  bench.request(8, tx(2, 0, 5, 1));
  bench.head({}, {bench.block(2, {tx(2, 0, 5, 2)})});  // another one for the same nonce
  EXPECT_EQ(bench.answers(), Texts{refused(8, nonce_used)});
}

TEST(Pool, RelaysWhereClientsAskTheirOwnNode) {
  Bench home(Ask::home), leader(Ask::all), forced(Ask::all, {{"relay", "on"}});
  for (Bench* bench : {&home, &leader, &forced}) {
    bench->request(9, tx(1, 0, 5));
    bench->relayed(tx(2, 0, 5));
    bench->relayed(tx(2, 0, 5));
    bench->relayed(tx(3, 0, 5, 0, 0xff));
  }
  // Relayed content is passed on once it is admitted, whatever clients do.
  ASSERT_EQ(home.published.size(), 2u);
  EXPECT_EQ(home.published[0]->as<TransactionContent>()->transaction->bytes[0], 1);
  EXPECT_EQ(home.published[0]->slot(), Slot::mempool);
  EXPECT_EQ(leader.published.size(), 1u);
  EXPECT_EQ(forced.published.size(), 2u);
  EXPECT_EQ(home.build(1).size(), 2u);
  EXPECT_TRUE(home.answers().empty());
}

TEST(Pool, FindsItsTransactionsByShortId) {
  Bench bench;
  const auto a = tx(1, 0, 1), b = tx(2, 0, 1), elsewhere = tx(3, 0, 1);
  bench.request(9, a);
  bench.request(9, b);
  const SipKey key{5, 6};
  const std::vector<std::uint64_t> ids = {relay::short_id(key, *elsewhere),
                                          relay::short_id(key, *b), relay::short_id(key, *a)};
  bench.call(MatchShortIds{key, std::make_shared<std::vector<std::uint64_t>>(ids)}, Slot::relay, 4);
  EXPECT_EQ(bench.matched, (std::vector<TxRef>{nullptr, b, a}));
  bench.call(MatchShortIds{{5, 7}, std::make_shared<std::vector<std::uint64_t>>(ids)}, Slot::relay);
  EXPECT_EQ(bench.matched, (std::vector<TxRef>{nullptr, nullptr, nullptr})) << "another key";
}

TEST(Pool, Expiry) {
  Bench bench(Ask::all, {{"expiry", "10 s"}});
  bench.request(9, tx(1, 0, 5));
  bench.request(9, tx(2, 0, 4));
  EXPECT_EQ(bench.timers, 1u);
  bench.build(1, 1);
  bench.fire(seconds(10));
  EXPECT_EQ(bench.answers(), Texts{refused(9, pool_full)});  // the other is in a block
  EXPECT_EQ(bench.field("pool.transactions"), 1u);
  EXPECT_EQ(bench.timers, 2u);
}

TEST(Finals, RemembersAtLeastTheLastBlockAndNoMoreThanItsLimit) {
  pool::Finals finals(4);
  std::vector<TxRef> all;
  for (Byte h = 1; h <= 5; ++h) {
    all.push_back(tx(h, 0, 1));
    all.push_back(tx(h, 1, 1));
    finals.add(make_log_block(h, {}, make_payload({all[all.size() - 2], all.back()})),
               {TxOutcome::succeeded, TxOutcome::no_effect});
    ASSERT_NE(finals.find(all.back()->id), nullptr);
    EXPECT_EQ(finals.find(all.back()->id)->outcome, TxOutcome::no_effect);
    EXPECT_EQ(finals.find(all[all.size() - 2]->id)->height, h);
    EXPECT_LE(finals.size(), 4u);
  }
  EXPECT_EQ(finals.find(all[5]->id), nullptr);
  EXPECT_NE(finals.find(all[6]->id), nullptr);
}

}  // namespace
}  // namespace ledgerlab::pool_test
