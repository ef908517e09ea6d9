// The wallet: choice of coins, change, what is used while nothing is settled, replacement.
#include "models/parts/utxo/wallet.hpp"

#include <gtest/gtest.h>

#include <set>

#include "models/parts/utxo/rules.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab::utxo {
namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class WalletTest : public ::testing::TestWithParam<SuiteMode> {
 protected:
  std::unique_ptr<WorldSuite> suite_ = make_suite(GetParam(), 5, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  GenesisSpec genesis_{4, 8000};  // eight coins of 1000 each
  Locks locks_{*suite_};
  Rules rules_{genesis_, *suite_};
  ledger::StateRef state_ = rules_.genesis();
  std::unique_ptr<CoinWallet> wallet_;
  std::uint64_t k_ = 0;
  Height height_ = 0;

  void SetUp() override {
    ModuleContext context;
    context.suite = suite_.get();
    context.genesis = genesis_;
    wallet_ = std::make_unique<CoinWallet>(context);
  }
  Wallet::Written write(std::uint64_t amount, std::uint64_t fee = 10, AccountIndex payer = 0) {
    effects_.begin(0);
    Load::Item item;
    item.payer = payer;
    item.payee = 3;
    item.amount = amount;
    item.fee = fee;
    return wallet_->write(effects_.crypto(), item, k_++);
  }
  static std::vector<bitcoin::OutPoint> spent(const Wallet::Written& written) {
    std::vector<bitcoin::OutPoint> out;
    for (const auto& input : decoded(*written.transaction)->tx.inputs) {
      out.push_back(input.prevout);
    }
    return out;
  }
  /// Outcomes of the transactions in one block on top of what was included before.
  std::vector<TxOutcome> include(std::vector<TxRef> transactions) {
    const auto block = make_log_block(++height_, BlockId{}, make_payload(std::move(transactions)));
    const auto result = rules_.execute(*state_, *block, nullptr);
    EXPECT_TRUE(result->ok) << result->reason;
    if (result->ok) state_ = result->post;
    return result->outcomes;
  }
};
INSTANTIATE_TEST_SUITE_P(Suites, WalletTest, ::testing::Values(SuiteMode::costed, SuiteMode::real));

TEST_P(WalletTest, WhatItWritesIsValidAndUsesNothingTwice) {
  std::vector<TxRef> all;
  std::set<bitcoin::OutPoint> used;
  for (int i = 0; i < 12; ++i) {  // more than there are coins of genesis: change is spent again
    const auto written = write(500);
    ASSERT_TRUE(written.payable);
    for (const auto& point : spent(written)) EXPECT_TRUE(used.insert(point).second);
    wallet_->sent(written.slip);
    all.push_back(written.transaction);
  }
  EXPECT_EQ(include(all), std::vector<TxOutcome>(12, TxOutcome::succeeded));
  // 12 payments of 510 leave 1880.
  const auto rest = write(1870);
  EXPECT_TRUE(rest.payable);
  EXPECT_EQ(decoded(*rest.transaction)->tx.outputs.size(), 1u);  // no change
  EXPECT_FALSE(write(1871).payable);
}

TEST_P(WalletTest, NothingIsTakenBeforeItIsSent) {
  const auto first = write(500);
  const auto second = write(500);
  EXPECT_EQ(spent(first), spent(second));
  EXPECT_NE(first.transaction->id, second.transaction->id);
  wallet_->sent(second.slip);
  EXPECT_NE(spent(write(500)), spent(second));
}

TEST_P(WalletTest, WhatIsGivenUpIsReplacedByTheSameCoinsForAHigherFee) {
  const auto lost = write(500, 80);
  wallet_->sent(lost.slip);
  const auto other = write(500);
  wallet_->sent(other.slip);
  wallet_->given_up(lost.slip);
  const auto again = write(600, 10);
  EXPECT_EQ(spent(again), spent(lost));
  EXPECT_EQ(again.slip.fee, 80u + 10u + 1u);
  const auto& input = decoded(*again.transaction)->tx.inputs[0];
  EXPECT_LT(input.sequence, 0xfffffffeu);  // BIP 125
  wallet_->sent(again.slip);
  EXPECT_EQ(
      include({again.transaction, lost.transaction, other.transaction}),
      (std::vector<TxOutcome>{TxOutcome::succeeded, TxOutcome::no_effect, TxOutcome::succeeded}));
  EXPECT_NE(spent(write(600)), spent(lost));  // once only
}

TEST_P(WalletTest, ChangeOfWhatWillNeverBeIsNotSpentAgain) {
  const auto whole = write(7000, 10);  // all eight coins, 990 of change
  wallet_->sent(whole.slip);
  const auto child = write(100);
  ASSERT_TRUE(child.payable);
  EXPECT_EQ(spent(child)[0].txid, whole.transaction->id);
  wallet_->sent(child.slip);
  wallet_->given_up(whole.slip);
  wallet_->sent(write(7000, 10).slip);  // replaces it; the child's coins never come to be
  wallet_->given_up(child.slip);
  const auto next = write(100);
  ASSERT_TRUE(next.payable);
  EXPECT_NE(spent(next), spent(child));
}

TEST_P(WalletTest, SettledChangeIsTakenBeforeTheUnsettled) {
  std::vector<Wallet::Written> sent;
  for (int i = 0; i < 8; ++i) {
    sent.push_back(write(500));
    wallet_->sent(sent.back().slip);
  }
  wallet_->settled(sent[5].slip, TxOutcome::succeeded);
  EXPECT_EQ(spent(write(300))[0].txid, sent[5].transaction->id);
  // In a block without effect: its coins and its change are gone.
  wallet_->settled(sent[5].slip, TxOutcome::no_effect);
  wallet_->settled(sent[0].slip, TxOutcome::no_effect);
  for (const auto& point : spent(write(3'000))) EXPECT_NE(point.txid, sent[0].transaction->id);
  EXPECT_FALSE(write(3'500).payable);
}

}  // namespace
}  // namespace ledgerlab::utxo
