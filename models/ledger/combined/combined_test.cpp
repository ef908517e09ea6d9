// The combined ledger: value crosses both ways and comes back with a reorganisation, supply stays,
// the second set of books agrees, what the wallet writes is valid.
#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "models/ledger/combined/rules.hpp"
#include "models/ledger/combined/wallet.hpp"
#include "models/parts/ledger/ledger.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab {

void register_ledger_combined(Registry&);

namespace combined {
namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

class Combined : public ::testing::TestWithParam<SuiteMode> {
 protected:
  std::unique_ptr<WorldSuite> suite_ = make_suite(GetParam(), 5, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  GenesisSpec genesis_{4, 16000};  // eight coins of 1000 each, and 8000
  Registry registry_;
  const ModelInfo* info_ = nullptr;
  std::unique_ptr<ledger::Store> store_;
  ModuleContext context_;
  std::unique_ptr<ledger::Ledger> node_;
  utxo::Locks locks_{*suite_};
  Draws draws_{1, 0, 0};

  void SetUp() override {
    register_ledger_combined(registry_);
    info_ = registry_.find(ModelKind::ledger, "combined");
    store_ = std::make_unique<ledger::Store>(std::make_unique<Rules>(genesis_, *suite_), 0, true);
    context_.suite = suite_.get();
    context_.shared = store_.get();
    context_.genesis = genesis_;
    context_.genesis_root = store_->genesis()->root();
    node_ = std::make_unique<ledger::Ledger>(context_);
  }
  BlockRef start() const { return make_genesis(context_.genesis_root); }
  static BlockRef block(const BlockRef& parent, std::vector<TxRef> txs) {
    return make_log_block(parent->height + 1, parent->id, make_payload(std::move(txs)));
  }
  bool adopt(const BlockRef& ancestor, std::vector<BlockRef> forward) {
    LocalCall call;
    call.from = Slot::consensus;
    call.to = Slot::application;
    call.body = Adopt{ancestor->id, std::move(forward)};
    Input input;
    input.kind = InputKind::call;
    input.call = &call;
    input.draws = &draws_;
    effects_.begin(0);
    effects_.set_slot(Slot::application);
    node_->step(input, effects_);
    bool ok = false;
    while (effects_.has_calls()) {
      if (const auto* adopted = effects_.take_call().as<Adopted>()) ok = adopted->ok;
    }
    return ok;
  }
  const State& head() const { return static_cast<const State&>(*node_->head_state()); }
  std::uint64_t balance(AccountIndex i) const {
    return head().get(suite_->account(i)).balance.low64();
  }
  std::uint64_t coins(AccountIndex i) {
    return head().coins().balance(locks_.of(i).script).low64();
  }
  std::vector<TxOutcome> outcomes(const BlockRef& one) {
    return store_->rules().execute(head(), *one, nullptr)->outcomes;
  }

  /// A coin of the owner, index-th of genesis, to an output of this script; 10 of fee.
  TxRef spend(AccountIndex owner, std::uint32_t index, Bytes script, bitcoin::Satoshi value = 990) {
    const auto from = utxo::genesis_transaction(owner, 8000, 8, Bytes(locks_.of(owner).script));
    bitcoin::Transaction tx;
    tx.inputs.push_back({{bitcoin::txid(from), index}, {}, bitcoin::sequence_final, {}});
    tx.outputs.push_back({value, std::move(script)});
    const bitcoin::TransactionHashes hashes(tx, {});
    locks_.sign(tx, 0, 1000, hashes, owner, [&](AccountIndex who, const Hash256& digest) {
      return suite_->sign_transaction(who, digest);
    });
    return utxo::make_envelope(tx);
  }
  TxRef transfer(AccountIndex from, std::uint64_t nonce, const Address& to, std::uint64_t value,
                 Bytes data = {}) {
    effects_.begin(0);
    Transfer t;
    t.nonce = nonce;
    t.to = to;
    t.value = U256(value);
    t.fee = 10;
    t.data = std::move(data);
    return sign_transfer(effects_.crypto(), from, t);
  }
  Bytes lock(AccountIndex i) { return locks_.of(i).script; }
};
INSTANTIATE_TEST_SUITE_P(Suites, Combined, ::testing::Values(SuiteMode::costed, SuiteMode::real));

TEST_P(Combined, ValueCrossesBothWaysAndComesBack) {
  const TxRef in = spend(0, 0, utxo::bridge_script(suite_->account(1)));
  const TxRef out = transfer(2, 0, bridge_address(), 700, lock(3));
  const BlockRef one = block(start(), {in, out});
  EXPECT_EQ(outcomes(one), std::vector<TxOutcome>(2, TxOutcome::succeeded));
  ASSERT_TRUE(adopt(start(), {one}));
  EXPECT_EQ(coins(0), 7000u);
  EXPECT_EQ(balance(1), 8990u);
  EXPECT_EQ(balance(2), 7290u);
  EXPECT_EQ(coins(3), 8700u);
  EXPECT_EQ(head().coins().find({out->id, 0})->output.value, 700);
  // What crossed is spent on the other side.
  const BlockRef two = block(one, {transfer(1, 0, suite_->account(0), 8980)});
  ASSERT_TRUE(adopt(one, {two}));
  EXPECT_EQ(balance(1), 0u);
  // Another branch has neither.
  ASSERT_TRUE(adopt(start(), {block(start(), {})}));
  EXPECT_EQ(coins(0), 8000u);
  EXPECT_EQ(balance(1), 8000u);
  EXPECT_EQ(balance(2), 8000u);
  EXPECT_FALSE(head().coins().find({out->id, 0}));
  ASSERT_TRUE(adopt(start(), {}));
  EXPECT_EQ(head().root(), context_.genesis_root);
}

TEST_P(Combined, WhatCannotCrossHasNoEffect) {
  const TxRef first = spend(0, 0, utxo::bridge_script(suite_->account(1)));
  const BlockRef one =
      block(start(), {first, spend(0, 0, utxo::bridge_script(suite_->account(2))),  // spent
                      transfer(2, 0, bridge_address(), 700, Bytes(20, 1)),          // no script
                      transfer(2, 0, bridge_address(), 0, lock(1)),                 // nothing
                      transfer(2, 0, bridge_address(), 7995, lock(1)),  // not with the fee
                      transfer(2, 0, bridge_address(), 7990, lock(1)),
                      transfer(2, 0, bridge_address(), 1, lock(1))});  // nonce used
  const auto none = TxOutcome::no_effect;
  const auto done = TxOutcome::succeeded;
  EXPECT_EQ(outcomes(one), (std::vector<TxOutcome>{done, none, none, none, none, done, none}));
  // A coin cannot be locked by what is neither a key nor the bridge.
  EXPECT_FALSE(adopt(start(), {block(start(), {spend(1, 0, Bytes{bitcoin::op_return})})}));
}

TEST_P(Combined, TheSecondSetOfBooksAgrees) {
  EXPECT_EQ(info_->genesis_root(genesis_, *suite_), context_.genesis_root);
  const auto audit = info_->make_audit(genesis_, *suite_);
  EXPECT_EQ(audit->state_root(), context_.genesis_root);
  CombinedWallet wallet(context_);
  BlockRef at = start();
  std::size_t crossed = 0;
  for (std::uint64_t h = 0; h < 6; ++h) {
    std::vector<TxRef> txs;
    for (std::uint64_t i = 0; i < 12; ++i) {
      const std::uint64_t k = h * 12 + i;
      effects_.begin(0);
      Load::Item item;
      item.payer = static_cast<AccountIndex>(k % 4);
      item.payee = static_cast<AccountIndex>((k + 1) % 4);
      item.amount = 150;
      item.fee = 3;
      const auto written = wallet.write(effects_.crypto(), item, k);
      ASSERT_TRUE(written.payable);
      wallet.sent(written.slip);
      txs.push_back(written.transaction);
    }
    // One that was there before, and one of a coin that is gone.
    txs.push_back(txs[0]);
    const BlockRef next = block(at, txs);
    const auto result = store_->rules().execute(head(), *next, nullptr);
    const auto entries = audit->apply(*next);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      EXPECT_EQ(entries[i].effective, result->outcomes[i] == TxOutcome::succeeded);
      EXPECT_EQ(entries[i].effective, i < 12) << h << " " << i;
    }
    for (const TxRef& tx : txs) {
      if (tx->witnessed) {
        crossed += utxo::bridge_account(utxo::decoded(*tx)->tx.outputs[0].script_pubkey) ? 1 : 0;
      } else {
        crossed += decode_transfer(*tx)->transfer.to == bridge_address() ? 1 : 0;
      }
    }
    ASSERT_TRUE(adopt(at, {next}));
    EXPECT_EQ(audit->state_root(), head().root());
    EXPECT_EQ(audit->supply(), U256(4 * 16000));
    at = next;
  }
  EXPECT_GT(crossed, 10u);
  // Snapshot: both parts, and nothing else.
  const Bytes bytes = store_->rules().serialise(head());
  const auto again = store_->rules().deserialise(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->root(), head().root());
  EXPECT_EQ(store_->rules().serialise(*again), bytes);
  EXPECT_FALSE(store_->rules().deserialise(ByteView(bytes).first(bytes.size() - 1)));
}

}  // namespace
}  // namespace combined
}  // namespace ledgerlab
