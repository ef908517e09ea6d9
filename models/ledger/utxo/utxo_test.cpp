// The UTXO ledger: execution, reorganisation, restart, snapshots, sharing, its second set of books,
// Bitcoin's own rules as a reference, proofs for light clients, admission.
#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "models/parts/bitcoin/address.hpp"
#include "models/parts/final_block/final_block.hpp"
#include "models/parts/ledger/ledger.hpp"
#include "models/parts/suite/suite.hpp"
#include "models/parts/utxo/execute.hpp"
#include "models/parts/utxo/rules.hpp"
#include "models/parts/utxo/spv.hpp"

namespace ledgerlab {

void register_ledger_utxo(Registry&);

namespace utxo {
namespace {

class NoInterner final : public Interner {
 public:
  std::uint32_t intern(const Hash128&) override { return 0; }
};

/// A coin and whose it is.
struct Owned {
  bitcoin::OutPoint point;
  bitcoin::Satoshi value = 0;
  AccountIndex owner = 0;
};

struct Bench {
  std::unique_ptr<WorldSuite> suite;
  NoInterner interner;
  CostTable costs;
  GenesisSpec genesis{4, 8000};
  std::unique_ptr<Locks> locks;
  std::unique_ptr<ledger::Store> store;
  ModuleContext context;
  std::unique_ptr<ledger::Ledger> node;
  std::unique_ptr<Effects> effects;
  Draws draws{1, 0, 0};
  ModelInfo script;  // stands for an engine that is plugged in

  explicit Bench(SuiteMode mode = SuiteMode::costed, bool scripts = false, bool share = true)
      : suite(make_suite(mode, 7, WorkMode::lottery)), locks(std::make_unique<Locks>(*suite)) {
    effects = std::make_unique<Effects>(*suite, interner, costs);
    if (scripts) genesis.contract_model = &script;
    store = std::make_unique<ledger::Store>(std::make_unique<Rules>(genesis, *suite), 0, share);
    context.suite = suite.get();
    context.shared = store.get();
    context.genesis = genesis;
    context.genesis_root = store->genesis()->root();
    restart();
  }
  void restart() { node = std::make_unique<ledger::Ledger>(context); }
  BlockRef genesis_block() const { return make_genesis(context.genesis_root); }
  Owned coin(AccountIndex owner, std::uint32_t index) {
    const auto tx =
        genesis_transaction(owner, genesis.balance, genesis_coins, Bytes(locks->of(owner).script));
    return {{bitcoin::txid(tx), index}, tx.outputs[index].value, owner};
  }
  Bytes lock(AccountIndex owner) { return locks->of(owner).script; }
  bitcoin::Transaction draft(std::span<const Owned> from, std::vector<bitcoin::TxOut> to) {
    bitcoin::Transaction tx;
    for (const Owned& coin : from) {
      tx.inputs.push_back({coin.point, {}, bitcoin::sequence_final, {}});
    }
    tx.outputs = std::move(to);
    return tx;
  }
  bitcoin::Transaction sign(bitcoin::Transaction tx, std::span<const Owned> from) {
    const bitcoin::TransactionHashes hashes(tx, {});
    for (std::size_t i = 0; i < from.size(); ++i) {
      locks->sign(tx, i, from[i].value, hashes, from[i].owner,
                  [&](AccountIndex who, const Hash256& digest) {
                    return suite->sign_transaction(who, digest);
                  });
    }
    return tx;
  }
  /// Spends the coins for one payment; what is left but the fee comes back to the first owner.
  TxRef pay(const std::vector<Owned>& from, AccountIndex to, bitcoin::Satoshi value,
            bitcoin::Satoshi fee = 10) {
    bitcoin::Satoshi left = -value - fee;
    for (const Owned& coin : from) left += coin.value;
    std::vector<bitcoin::TxOut> outputs{{value, lock(to)}};
    if (left != 0) outputs.push_back({left, lock(from[0].owner)});
    return make_envelope(sign(draft(from, std::move(outputs)), from));
  }
  BlockRef block(const BlockRef& parent, std::vector<TxRef> txs) {
    return make_log_block(parent->height + 1, parent->id, make_payload(std::move(txs)));
  }
  std::vector<LocalCall> call(CallBody body) {
    LocalCall c;
    c.from = Slot::consensus;
    c.to = Slot::application;
    c.id = 9;
    c.body = std::move(body);
    return step(InputKind::call, &c);
  }
  std::vector<LocalCall> step(InputKind kind, const LocalCall* c = nullptr,
                              std::uint64_t up_to = 0) {
    Input input;
    input.kind = kind;
    input.call = c;
    input.draws = &draws;
    input.persisted_up_to = up_to;
    effects->begin(0);
    effects->set_slot(Slot::application);
    node->step(input, *effects);
    std::vector<LocalCall> out;
    while (effects->has_calls()) out.push_back(effects->take_call());
    return out;
  }
  template <class T>
  T ask(CallBody body) {
    for (const LocalCall& c : call(std::move(body))) {
      if (const auto* a = c.as<T>()) return *a;
    }
    ADD_FAILURE() << "no answer";
    return {};
  }
  Adopted adopt(const BlockRef& ancestor, std::vector<BlockRef> forward) {
    return ask<Adopted>(Adopt{ancestor->id, std::move(forward)});
  }
  const State& head() const { return static_cast<const State&>(*node->head_state()); }
  std::uint64_t balance(AccountIndex i) { return head().balance(lock(i)).low64(); }
  BlockResult execute(const BlockRef& block, const State& pre) {
    return execute_payload(pre, *block, *locks, {genesis.contract_model != nullptr});
  }
};

Owned output(const TxRef& tx, std::uint32_t index, AccountIndex owner) {
  const auto& outputs = decoded(*tx)->tx.outputs;
  return {{tx->id, index}, outputs[index].value, owner};
}

class UtxoLedger : public ::testing::TestWithParam<SuiteMode> {};
INSTANTIATE_TEST_SUITE_P(Suites, UtxoLedger, ::testing::Values(SuiteMode::costed, SuiteMode::real));

TEST_P(UtxoLedger, PaymentsMoveCoinsAndFees) {
  Bench b(GetParam());
  EXPECT_EQ(b.balance(0), 8000u);
  const TxRef tx = b.pay({b.coin(0, 0), b.coin(0, 1)}, 1, 1500, 100);
  // The id is Bitcoin's, without the witness.
  EXPECT_EQ(tx->id, bitcoin::txid(decoded(*tx)->tx));
  EXPECT_TRUE(decoded(*tx)->tx.has_witness());
  const BlockRef one = b.block(b.genesis_block(), {tx});
  EXPECT_TRUE(b.ask<Validated>(Validate{one}).ok);
  ASSERT_TRUE(b.adopt(b.genesis_block(), {one}).ok);
  EXPECT_EQ(b.balance(0), 6400u);
  EXPECT_EQ(b.balance(1), 9500u);
  EXPECT_EQ(b.head().balance(fee_script()), U256(100));
  const auto asked = b.ask<Queried>(Query{b.suite->account(1)});
  EXPECT_EQ(asked.balance, U256(9500));
  EXPECT_EQ(b.execute(one, b.head()).outcomes[0], TxOutcome::no_effect);  // a second time
}

TEST_P(UtxoLedger, ARefusedScriptMakesTheBlockInvalid) {
  Bench b(GetParam());
  const Owned mine = b.coin(0, 0);
  const TxRef good = b.pay({mine}, 1, 500);
  bitcoin::Transaction tx = decoded(*good)->tx;
  const auto refused = [&](const bitcoin::Transaction& bad) {
    const TxRef wrong = make_envelope(bad);
    EXPECT_EQ(wrong->id, good->id);  // no id covers its witness
    const BlockRef block = b.block(b.genesis_block(), {wrong});
    const BlockResult executed = b.execute(block, b.head());
    return !b.ask<Validated>(Validate{block}).ok && !executed.ok &&
           !b.ask<Checked>(Check{wrong}).ok;
  };
  bitcoin::Transaction flipped = tx;
  flipped.inputs[0].witness[0][10] ^= 1;
  EXPECT_TRUE(refused(flipped));
  bitcoin::Transaction stripped = tx;
  stripped.inputs[0].witness.clear();
  EXPECT_TRUE(refused(stripped));
  // Another's signature and key.
  const std::vector<Owned> stolen{{mine.point, mine.value, 2}};
  bitcoin::Transaction other = tx;
  other.inputs[0].witness.clear();
  EXPECT_TRUE(refused(b.sign(other, stolen)));
  EXPECT_FALSE(refused(tx));
  EXPECT_TRUE(b.adopt(b.genesis_block(), {b.block(b.genesis_block(), {good})}).ok);
}

TEST_P(UtxoLedger, SecondSpendsOverdraftsAndMissingCoinsHaveNoEffect) {
  Bench b(GetParam());
  const TxRef first = b.pay({b.coin(0, 0)}, 1, 500);
  const TxRef chained = b.pay({output(first, 0, 1)}, 2, 400);
  const TxRef unmade = b.pay({output(b.pay({b.coin(3, 0)}, 1, 500), 0, 1)}, 2, 400);
  const std::vector<TxRef> all{first, b.pay({b.coin(0, 0)}, 2, 500), chained,
                               b.pay({b.coin(2, 0)}, 1, 2000, -1500), unmade};
  const BlockRef one = b.block(b.genesis_block(), all);
  EXPECT_EQ(
      b.execute(one, b.head()).outcomes,
      (std::vector<TxOutcome>{TxOutcome::succeeded, TxOutcome::no_effect, TxOutcome::succeeded,
                              TxOutcome::no_effect, TxOutcome::no_effect}));
  ASSERT_TRUE(b.adopt(b.genesis_block(), {one}).ok);
  EXPECT_EQ(b.balance(2), 8400u);
}

TEST(UtxoLedgerFrame, ReorganisationBringsCoinsBack) {
  Bench b;
  const BlockRef g = b.genesis_block();
  const TxRef spend = b.pay({b.coin(0, 0)}, 1, 500);
  const TxRef rival = b.pay({b.coin(0, 0)}, 2, 700);
  const BlockRef a1 = b.block(g, {spend});
  const BlockRef a2 = b.block(a1, {b.pay({output(spend, 0, 1)}, 3, 300)});
  const BlockRef b1 = b.block(g, {rival});
  const BlockRef b2 = b.block(b1, {});
  const BlockRef b3 = b.block(b2, {});
  const Hash256 start = b.head().root();
  ASSERT_TRUE(b.adopt(g, {a1, a2}).ok);
  const Hash256 along_a = b.head().root();
  EXPECT_FALSE(b.head().find(b.coin(0, 0).point));
  ASSERT_TRUE(b.adopt(g, {b1, b2, b3}).ok);
  EXPECT_EQ(b.balance(1), 8000u);
  EXPECT_EQ(b.balance(2), 8700u);
  EXPECT_FALSE(b.head().find(output(spend, 0, 1).point));
  ASSERT_TRUE(b.adopt(g, {}).ok);
  EXPECT_EQ(b.head().root(), start);
  EXPECT_TRUE(b.head().find(b.coin(0, 0).point));
  ASSERT_TRUE(b.adopt(g, {a1, a2}).ok);
  EXPECT_EQ(b.head().root(), along_a);
}

TEST(UtxoLedgerFrame, RestartAndSnapshotGiveTheSameState) {
  Bench b;
  const BlockRef one = b.block(b.genesis_block(), {b.pay({b.coin(0, 0)}, 1, 500)});
  ASSERT_TRUE(b.adopt(b.genesis_block(), {one}).ok);
  b.call(Finalise{one});
  std::vector<Record> records;
  const FinalRecord record{one->height, one->id, one->parent, one->header, b.head().root()};
  records.emplace_back();
  records.back().index = 1;
  records.back().bytes = codec::encode(record);
  const Hash256 root = b.head().root();
  const Bytes bytes = b.head().serialise();
  b.restart();
  EXPECT_NE(b.head().root(), root);
  b.node->restore(records);
  EXPECT_EQ(b.head().root(), root);
  EXPECT_EQ(b.balance(1), 8500u);

  auto again = State::deserialise(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->root(), root);
  EXPECT_EQ(again->balance(b.lock(1)), U256(8500));
  EXPECT_EQ(again->serialise(), bytes);
  Bytes bad = bytes;
  bad.pop_back();
  EXPECT_FALSE(State::deserialise(bad));
  bad = bytes;
  bad[40] ^= 1;
  const auto other = State::deserialise(bad);
  EXPECT_TRUE(!other || other->root() != root);
}

/// A history with chains of payments, second spends and payments that nobody can make.
std::vector<std::vector<TxRef>> history(Bench& b) {
  std::vector<std::vector<TxRef>> blocks;
  std::vector<Owned> coins;
  for (AccountIndex i = 0; i < 4; ++i) {
    for (std::uint32_t k = 0; k < genesis_coins; ++k) coins.push_back(b.coin(i, k));
  }
  for (std::uint64_t h = 0; h < 12; ++h) {
    auto& txs = blocks.emplace_back();
    for (std::uint64_t i = 0; i < 6; ++i) {
      const auto draw = [&](std::uint64_t n, std::uint64_t below) {
        return draw_below(draw64(3, 0, Purpose("test.utxo"), h * 100 + i * 10 + n), below);
      };
      const std::size_t pick = draw(0, coins.size());
      const Owned from = coins[pick];
      if (from.value < 40) continue;
      const auto to = static_cast<AccountIndex>(draw(1, 4));
      txs.push_back(b.pay({from}, to, from.value / 2, static_cast<bitcoin::Satoshi>(draw(2, 9))));
      coins.push_back(output(txs.back(), 0, to));
      coins.push_back(output(txs.back(), 1, from.owner));
      if (draw(3, 3) != 0) coins.erase(coins.begin() + static_cast<std::ptrdiff_t>(pick));
    }
  }
  return blocks;
}

TEST_P(UtxoLedger, TheSecondSetOfBooksAgrees) {
  Bench b(GetParam());
  Registry registry;
  register_ledger_utxo(registry);
  const ModelInfo& info = *registry.find(ModelKind::ledger, "utxo");
  EXPECT_EQ(info.genesis_root(b.genesis, *b.suite), b.context.genesis_root);
  const auto audit = info.make_audit(b.genesis, *b.suite);
  EXPECT_EQ(audit->state_root(), b.context.genesis_root);
  BlockRef at = b.genesis_block();
  std::size_t vain = 0;
  std::map<Hash256, int> spends;
  for (const auto& txs : history(b)) {
    const BlockRef next = b.block(at, txs);
    const BlockResult result = b.execute(next, b.head());
    const auto entries = audit->apply(*next);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      EXPECT_EQ(entries[i].effective, result.outcomes[i] == TxOutcome::succeeded);
      vain += !entries[i].effective;
      for (const Hash256& coin : entries[i].spends) EXPECT_EQ(++spends[coin], 1);
    }
    ASSERT_TRUE(b.adopt(at, {next}).ok);
    EXPECT_EQ(audit->state_root(), b.head().root());
    EXPECT_EQ(audit->supply(), U256(4 * 8000));
    at = next;
  }
  EXPECT_GT(vain, 3u);
}

TEST(UtxoExecution, ContinuedOrAtOnceSharedOrNotIsTheSame) {
  Bench b;
  std::vector<TxRef> all;
  for (const auto& txs : history(b)) all.insert(all.end(), txs.begin(), txs.end());
  const BlockRef whole = b.block(b.genesis_block(), all);
  const BlockResult once = b.execute(whole, b.head());
  ASSERT_TRUE(once.ok);
  EXPECT_GT(once.effective.size(), 20u);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, all.size() / 2, all.size()}) {
    const BlockRef first =
        b.block(b.genesis_block(), {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut)});
    const BlockResult begun = b.execute(first, b.head());
    const BlockResult rest = execute_payload(b.head(), *whole, *b.locks, {}, &begun);
    EXPECT_EQ(rest.state_root, once.state_root);
    EXPECT_EQ(rest.receipts_root, once.receipts_root);
    EXPECT_EQ(rest.outcomes, once.outcomes);
    EXPECT_EQ(rest.work, once.work);
  }
  Bench alone(SuiteMode::costed, false, false);
  ASSERT_TRUE(b.adopt(b.genesis_block(), {whole}).ok);
  ASSERT_TRUE(alone.adopt(alone.genesis_block(), {whole}).ok);
  EXPECT_EQ(alone.head().root(), b.head().root());
  // The height is part of what is shared: the fee output and the coins name it.
  const BlockRef empty = b.block(b.genesis_block(), {});
  const BlockRef later = b.block(empty, all);
  EXPECT_NE(b.execute(later, static_cast<const State&>(*b.store->genesis())).state_root,
            once.state_root);
}

/// The reference: Bitcoin's block rules, checked against vectors (models/parts/bitcoin).
TEST(UtxoExecution, BitcoinsBlockRulesGiveTheSameCoins) {
  Bench b(SuiteMode::real);
  bitcoin::MemoryCoins coins;
  for (AccountIndex i = 0; i < 4; ++i) {
    bitcoin::CoinChanges genesis;
    for (std::uint32_t k = 0; k < genesis_coins; ++k) {
      const Owned c = b.coin(i, k);
      genesis[c.point] = bitcoin::Coin{{c.value, b.lock(i)}, 0, false};
    }
    coins.apply(genesis);
  }
  bitcoin::ChainRules rules;
  rules.initial_subsidy = 0;
  BlockRef at = b.genesis_block();
  std::vector<std::pair<bitcoin::Block, bitcoin::BlockUndo>> chain;
  const auto start = coins.all();
  for (const auto& txs : history(b)) {
    const BlockRef next = b.block(at, txs);
    const BlockResult result = b.execute(next, b.head());
    ASSERT_TRUE(b.adopt(at, {next}).ok);
    at = next;
    bitcoin::Block block;
    block.transactions.push_back(
        fee_transaction(static_cast<std::uint32_t>(next->height), result.fees));
    for (std::size_t i = 0; i < txs.size(); ++i) {
      if (result.outcomes[i] != TxOutcome::succeeded) continue;
      block.transactions.push_back(decoded(*txs[i])->tx);
    }
    bitcoin::commit(block, true);
    bitcoin::CoinsOverlay overlay(coins);
    const auto connected =
        bitcoin::connect_block(block, rules,
                               {static_cast<std::uint32_t>(next->height),
                                [](std::uint32_t) { return std::int64_t{0}; }, true},
                               overlay);
    ASSERT_TRUE(connected.ok()) << connected.fault;
    EXPECT_EQ(connected.fees, result.fees);
    coins.apply(overlay.take());
    chain.emplace_back(block, connected.undo);
    for (const auto& [point, coin] : coins.all()) {
      if (!coin.coinbase) {
        EXPECT_EQ(b.head().find(point), coin);
      }
    }
    for (AccountIndex i = 0; i < 4; ++i) {
      bitcoin::Satoshi sum = 0;
      for (const auto& [point, coin] : coins.all()) {
        if (coin.output.script_pubkey == b.lock(i)) sum += coin.output.value;
      }
      EXPECT_EQ(b.balance(i), static_cast<std::uint64_t>(sum));
    }
  }
  // Undo data leads back to genesis, as the frame's pointers do.
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    bitcoin::CoinsOverlay overlay(coins);
    ASSERT_TRUE(bitcoin::disconnect_block(it->first, it->second, overlay));
    coins.apply(overlay.take());
  }
  EXPECT_EQ(coins.all(), start);
}

TEST(UtxoLightClient, ProofsHoldAndTheirTwinsDoNot) {
  Bench b;
  std::vector<TxRef> txs;
  for (AccountIndex i = 0; i < 4; ++i) txs.push_back(b.pay({b.coin(i, 0)}, (i + 1) % 4, 500));
  txs.push_back(b.pay({b.coin(0, 0)}, 2, 600));  // a second spend
  const BlockRef one = b.block(b.genesis_block(), txs);
  const BlockResult result = b.execute(one, b.head());
  for (std::size_t i = 0; i < 4; ++i) {
    auto proof = prove_payment(*one, result, txs[i]->id);
    ASSERT_TRUE(proof);
    const auto paid = verify_payment(result.receipts_root, *proof);
    ASSERT_TRUE(paid);
    EXPECT_EQ(paid->outputs, decoded(*txs[i])->tx.outputs);
    PaymentProof twin = *proof;
    twin.index ^= 1;
    EXPECT_FALSE(verify_payment(result.receipts_root, twin));
    twin = *proof;
    twin.index += 1u << twin.branch.size();
    EXPECT_FALSE(verify_payment(result.receipts_root, twin));
    twin = *proof;
    twin.stripped.back() ^= 1;
    EXPECT_FALSE(verify_payment(result.receipts_root, twin));
    twin = *proof;
    twin.branch.pop_back();
    EXPECT_FALSE(verify_payment(result.receipts_root, twin));
    EXPECT_FALSE(verify_payment(result.state_root, *proof));
  }
  EXPECT_FALSE(prove_payment(*one, result, txs[4]->id));

  const auto& post = static_cast<const State&>(*result.post);
  const auto spent = b.coin(0, 0).point;
  const auto kept = b.coin(0, 1).point;
  const auto says = [&](const Hash256& root, const bitcoin::OutPoint& point) {
    return verify_secure_trie_proof(root, coin_key(point), post.prove(point)).verdict;
  };
  EXPECT_EQ(says(result.state_root, kept), TrieVerdict::included);
  EXPECT_EQ(says(result.state_root, spent), TrieVerdict::excluded);
  EXPECT_EQ(says(b.head().root(), kept), TrieVerdict::invalid);
}

TEST(UtxoScripts, AnyLockWithTheEngineAndOnlyKeysWithout) {
  for (const bool scripts : {false, true}) {
    Bench b(SuiteMode::costed, scripts);
    // Whoever knows two numbers that sum up to seven.
    const Bytes riddle{bitcoin::op_add, 0x57 /* OP_7 */, bitcoin::op_numequal};
    const Bytes lock = bitcoin::p2wsh_script(sha256(riddle));
    const std::vector<Owned> from{b.coin(0, 0)};
    const TxRef in = make_envelope(b.sign(b.draft(from, {{900, lock}}), from));
    const BlockRef one = b.block(b.genesis_block(), {in});
    EXPECT_EQ(b.ask<Validated>(Validate{one}).ok, scripts);
    EXPECT_EQ(b.ask<Checked>(Check{in}).ok, scripts);
    if (!scripts) continue;
    ASSERT_TRUE(b.adopt(b.genesis_block(), {one}).ok);
    const auto answer = [&](Byte x, Byte y) {
      bitcoin::Transaction tx =
          b.draft(std::vector<Owned>{{{in->id, 0}, 900, 0}}, {{800, b.lock(3)}});
      tx.inputs[0].witness = {{x}, {y}, riddle};
      return make_envelope(tx);
    };
    EXPECT_FALSE(b.execute(b.block(one, {answer(3, 3)}), b.head()).ok);
    const TxRef out = answer(3, 4);
    EXPECT_TRUE(b.ask<Checked>(Check{out}).ok);
    const BlockRef two = b.block(one, {out});
    const BlockResult result = b.execute(two, b.head());
    EXPECT_EQ(result.outcomes[0], TxOutcome::succeeded);
    EXPECT_EQ(result.script_ops, 2u + 3u);  // the lock's program and the witness script
  }
}

TEST(UtxoScripts, RelativeAndAbsoluteLocksWaitForHeights) {
  Bench b(SuiteMode::costed, true);
  const std::vector<Owned> from{b.coin(0, 0)};
  bitcoin::Transaction late = b.draft(from, {{900, b.lock(1)}});
  late.locktime = 3;  // final from height 4
  late.inputs[0].sequence = 0xfffffffe;
  const TxRef tx = make_envelope(b.sign(late, from));
  const std::vector<Owned> other{b.coin(0, 1)};
  bitcoin::Transaction aged = b.draft(other, {{900, b.lock(1)}});
  aged.inputs[0].sequence = 4;  // BIP 68: four blocks after the coin
  const TxRef relative = make_envelope(b.sign(aged, other));
  EXPECT_EQ(b.ask<Checked>(Check{tx}).reason, "not final yet");
  EXPECT_EQ(b.ask<Checked>(Check{relative}).reason, "not final yet");
  BlockRef at = b.genesis_block();
  for (int h = 1; h <= 3; ++h) {
    const BlockRef next = b.block(at, {tx, relative});
    EXPECT_EQ(b.execute(next, b.head()).effective.size(), 0u);
    const BlockRef empty = b.block(at, {});
    ASSERT_TRUE(b.adopt(at, {empty}).ok);
    at = empty;
  }
  EXPECT_TRUE(b.ask<Checked>(Check{tx}).ok);
  EXPECT_EQ(b.execute(b.block(at, {tx, relative}), b.head()).effective.size(), 2u);
}

TEST(UtxoAdmission, TellsWhatPoolsAskFor) {
  Bench b;
  const TxRef parent = b.pay({b.coin(0, 0), b.coin(0, 1)}, 1, 1500, 40);
  const Checked checked = b.ask<Checked>(Check{parent});
  ASSERT_TRUE(checked.ok) << checked.reason;
  ASSERT_TRUE(checked.spends);
  EXPECT_EQ(checked.spends->outputs,
            (std::vector<Hash256>{coin_name(b.coin(0, 0).point), coin_name(b.coin(0, 1).point)}));
  EXPECT_TRUE(checked.spends->parents.empty());
  EXPECT_FALSE(checked.spends->replaceable);
  EXPECT_EQ(checked.weight, bitcoin::weight(decoded(*parent)->tx));
  EXPECT_EQ(checked.fee, 40u * 1000 / checked.weight);
  // Its output before any block has it, and one of a transaction that nobody has seen.
  const TxRef heir = b.pay({output(parent, 0, 1)}, 2, 700);
  const Checked child = b.ask<Checked>(Check{heir});
  EXPECT_TRUE(child.ok) << child.reason;
  EXPECT_EQ(child.spends->parents, std::vector<TxId>{parent->id});
  const TxRef unseen = b.pay({b.coin(2, 0)}, 1, 500);
  const Checked orphan = b.ask<Checked>(Check{b.pay({output(unseen, 0, 1)}, 2, 300)});
  EXPECT_FALSE(orphan.ok);
  EXPECT_EQ(orphan.spends->parents, std::vector<TxId>{unseen->id});
  EXPECT_EQ(b.ask<Checked>(Check{b.pay({b.coin(3, 0)}, 1, 5000, -4500)}).reason, "unaffordable");
  // Who asks again for what is in a block is not told that it may still come.
  ASSERT_TRUE(b.adopt(b.genesis_block(), {b.block(b.genesis_block(), {parent, heir})}).ok);
  for (const TxRef& tx : {parent, heir}) {
    const Checked again = b.ask<Checked>(Check{tx});
    EXPECT_FALSE(again.ok);
    EXPECT_GT(again.next_nonce, again.nonce);
  }
}

TEST(UtxoGenesis, NoCoinHoldsMoreThanAllMoney) {
  const auto suite = make_suite(SuiteMode::costed, 7, WorkMode::lottery);
  Locks locks(*suite);
  for (const std::uint64_t balance : {std::uint64_t{7}, std::uint64_t{8000}, ~std::uint64_t{0}}) {
    const Bytes script = locks.of(0).script;
    const auto tx = genesis_transaction(0, balance, genesis_coins, script);
    U256 sum;
    for (const bitcoin::TxOut& output : tx.outputs) {
      EXPECT_TRUE(output.value > 0 && bitcoin::in_money_range(output.value));
      sum += U256(static_cast<std::uint64_t>(output.value));
    }
    EXPECT_EQ(sum, U256(balance));
    EXPECT_EQ(genesis_state(GenesisSpec{2, balance}, locks)->balance(script), U256(balance));
  }
  GenesisSpec with_contracts{2, 7};
  with_contracts.contracts =
      std::make_shared<const std::vector<GenesisContract>>(std::vector<GenesisContract>(1));
  EXPECT_THROW(genesis_state(with_contracts, locks), std::invalid_argument);
}

}  // namespace
}  // namespace utxo
}  // namespace ledgerlab
