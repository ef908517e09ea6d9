// The account ledger: execution rules, adoption and rollback, durability, snapshots, sharing.
#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "models/ledger/account/rules.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/ledger/ledger.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab::account {
namespace {

class NoInterner final : public Interner {
 public:
  std::uint32_t intern(const Hash128&) override { return 0; }
};

struct Bench {
  std::unique_ptr<WorldSuite> suite = make_suite(SuiteMode::costed, 7, WorkMode::lottery);
  NoInterner interner;
  CostTable costs;
  GenesisSpec genesis{4, 1000};
  std::unique_ptr<ledger::Store> store;
  ModuleContext context;
  std::unique_ptr<ledger::Ledger> node;
  Effects effects{*suite, interner, costs};
  Draws draws{1, 0, 0};

  explicit Bench(bool share = true) {
    costs.picoseconds[static_cast<std::size_t>(Operation::tx_verify)] = 1'000;
    costs.picoseconds[static_cast<std::size_t>(Operation::tx_execute)] = 1'000'000;
    begin(share);
  }
  /// A new node on what `genesis` says.
  void begin(bool share = true) {
    store = std::make_unique<ledger::Store>(std::make_unique<Rules>(genesis, *suite),
                                            static_cast<NodeId>(genesis.stakes.size()), share);
    context.suite = suite.get();
    context.shared = store.get();
    context.genesis = genesis;
    context.genesis_root = store->genesis()->root();
    node = std::make_unique<ledger::Ledger>(context);
  }
  BlockRef genesis_block() const { return make_genesis(context.genesis_root); }
  TxRef transfer(AccountIndex from, std::uint64_t nonce, AccountIndex to, std::uint64_t value,
                 std::uint64_t fee = 1) {
    effects.begin(0);
    Transfer t;
    t.nonce = nonce;
    t.to = suite->account(to);
    t.value = U256(value);
    t.fee = fee;
    return sign_transfer(effects.crypto(), from, t);
  }
  BlockRef block(const BlockRef& parent, std::vector<TxRef> txs) {
    return make_log_block(parent->height + 1, parent->id, make_payload(std::move(txs)));
  }
  /// Sends one call, returns the calls it gave.
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
    effects.begin(0);
    effects.set_slot(Slot::application);
    node->step(input, effects);
    std::vector<LocalCall> out;
    while (effects.has_calls()) out.push_back(effects.take_call());
    return out;
  }
  Adopted adopt(const BlockId& ancestor, std::vector<BlockRef> forward) {
    for (const LocalCall& c : call(Adopt{ancestor, std::move(forward)})) {
      if (const auto* a = c.as<Adopted>()) {
        EXPECT_EQ(c.id, 9u);
        return *a;
      }
    }
    ADD_FAILURE() << "no answer";
    return {};
  }
  Account at(const Address& address) const {
    return static_cast<const State&>(*node->head_state()).get(address);
  }
  U256 balance(AccountIndex i) { return at(suite->account(i)).balance; }
};

TEST(AccountLedger, TransfersMoveValueFeeAndNonce) {
  Bench b;
  const BlockRef one = b.block(b.genesis_block(), {b.transfer(0, 0, 1, 100, 3)});
  const Adopted a = b.adopt(b.genesis_block()->id, {one});
  EXPECT_TRUE(a.ok);
  EXPECT_EQ(a.head, one->id);
  EXPECT_EQ(b.balance(0), U256(897));
  EXPECT_EQ(b.balance(1), U256(1100));
  EXPECT_EQ(b.at(fee_account()).balance, U256(3));
  EXPECT_EQ(b.at(b.suite->account(0)).nonce, 1u);
}

TEST(AccountLedger, SecondSpendOfANonceAndOverdraftsHaveNoEffect) {
  Bench b;
  const BlockRef one =
      b.block(b.genesis_block(), {b.transfer(0, 0, 1, 100), b.transfer(0, 0, 2, 100),
                                  b.transfer(3, 0, 1, 1000), b.transfer(2, 5, 1, 1)});
  ASSERT_TRUE(b.adopt(b.genesis_block()->id, {one}).ok);
  EXPECT_EQ(b.balance(2), U256(1000));
  EXPECT_EQ(b.balance(3), U256(1000));
  // Clients are told when the record of the final state is durable, not before.
  for (const LocalCall& c : b.call(Finalise{one})) EXPECT_FALSE(c.as<Finalised>());
  const auto told = b.step(InputKind::persisted, nullptr, 1);
  ASSERT_EQ(told.size(), 1u);
  ASSERT_TRUE(told[0].as<Finalised>());
  EXPECT_EQ(told[0].as<Finalised>()->outcomes,
            (std::vector<TxOutcome>{TxOutcome::succeeded, TxOutcome::no_effect,
                                    TxOutcome::no_effect, TxOutcome::no_effect}));
}

TEST(AccountLedger, ABlockWithABadSignatureIsInvalidAndItsGoodTwinIsNot) {
  Bench b;
  const TxRef good = b.transfer(0, 0, 1, 100);
  Bytes bytes = good->bytes;
  bytes.back() ^= 1;
  const TxRef bad = make_transaction(bytes);
  EXPECT_EQ(bad->id, good->id);  // the id does not cover the signature
  const BlockRef wrong = b.block(b.genesis_block(), {bad});
  const BlockRef right = b.block(b.genesis_block(), {good});
  EXPECT_EQ(wrong->id, right->id);
  const Adopted refused = b.adopt(b.genesis_block()->id, {wrong});
  EXPECT_FALSE(refused.ok);
  EXPECT_EQ(refused.offending, wrong->id);
  EXPECT_TRUE(b.adopt(b.genesis_block()->id, {right}).ok);
}

TEST(AccountLedger, ReorganisationGoesBackAndForward) {
  Bench b;
  const BlockRef g = b.genesis_block();
  const BlockRef a1 = b.block(g, {b.transfer(0, 0, 1, 10)});
  const BlockRef a2 = b.block(a1, {b.transfer(0, 1, 1, 10)});
  const BlockRef b1 = b.block(g, {b.transfer(0, 0, 2, 500)});
  const BlockRef b2 = b.block(b1, {});
  const BlockRef b3 = b.block(b2, {});
  ASSERT_TRUE(b.adopt(g->id, {a1, a2}).ok);
  const Hash256 before = b.adopt(a2->id, {}).state_root;
  std::vector<LocalCall> calls = b.call(Adopt{g->id, {b1, b2, b3}});
  const HeadChanged* changed = nullptr;
  for (const LocalCall& c : calls) {
    if (c.as<HeadChanged>()) changed = c.as<HeadChanged>();
  }
  ASSERT_TRUE(changed);
  ASSERT_EQ(changed->reverted.size(), 2u);
  EXPECT_EQ(changed->reverted[0]->id, a2->id);
  EXPECT_EQ(changed->included.size(), 3u);
  EXPECT_EQ(b.balance(2), U256(1500));
  EXPECT_EQ(b.balance(1), U256(1000));
  EXPECT_EQ(b.adopt(g->id, {a1, a2}).state_root, before);
}

TEST(AccountLedger, AClaimedRootMustBeTheTrueOne) {
  Bench b;
  auto block = std::make_shared<Block>(*b.block(b.genesis_block(), {b.transfer(0, 0, 1, 1)}));
  block->state_root.data[0] = 1;
  EXPECT_FALSE(b.adopt(b.genesis_block()->id, {block}).ok);
}

TEST(AccountLedger, RestartBeginsAtTheDurableFinalBlock) {
  Bench b;
  const BlockRef g = b.genesis_block();
  const BlockRef one = b.block(g, {b.transfer(0, 0, 1, 10)});
  const BlockRef two = b.block(one, {b.transfer(0, 1, 1, 10)});
  ASSERT_TRUE(b.adopt(g->id, {one, two}).ok);
  b.call(Finalise{one});
  Record record;
  for (const Effect& e : b.effects.list()) {
    if (e.kind == EffectKind::persist) record = b.effects.record_of(e);
  }
  record.index = 1;
  b.node = std::make_unique<ledger::Ledger>(b.context);
  b.node->restore({&record, 1});
  const auto calls = b.step(InputKind::start);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].as<ApplicationState>()->final_block->id, one->id);
  EXPECT_EQ(b.balance(1), U256(1010));
  EXPECT_TRUE(b.adopt(one->id, {two}).ok);
  EXPECT_EQ(b.balance(1), U256(1020));
}

TEST(AccountLedger, SnapshotsCarryTheStateAndLiesAreRefused) {
  Bench b;
  const BlockRef one = b.block(b.genesis_block(), {b.transfer(0, 0, 1, 10)});
  ASSERT_TRUE(b.adopt(b.genesis_block()->id, {one}).ok);
  b.call(Finalise{one});
  const auto calls = b.call(TakeSnapshot{});
  const SnapshotRef snapshot = calls.at(0).as<Snapshot>()->data;

  Bench fresh(false);  // shares nothing: must parse
  auto bad = std::make_shared<SnapshotData>(*snapshot);
  bad->bytes[40] ^= 1;
  EXPECT_FALSE(fresh.call(Install{bad}).at(0).as<Installed>()->ok);
  EXPECT_TRUE(fresh.call(Install{snapshot}).at(0).as<Installed>()->ok);
  EXPECT_EQ(fresh.balance(1), U256(1010));
}

TEST(AccountLedger, AdmissionChecks) {
  Bench b;
  const auto check = [&](const TxRef& tx) {
    const auto calls = b.call(Check{tx});
    return *calls.at(0).as<Checked>();
  };
  EXPECT_TRUE(check(b.transfer(0, 0, 1, 10)).ok);
  EXPECT_TRUE(check(b.transfer(0, 3, 1, 10)).ok);  // a gap is the pool's business
  EXPECT_EQ(check(b.transfer(0, 0, 1, 1000)).reason, "unaffordable");
  Bytes bytes = b.transfer(0, 0, 1, 10)->bytes;
  bytes[bytes.size() - 5] ^= 4;
  EXPECT_EQ(check(make_transaction(bytes)).reason, "signature not valid");
  EXPECT_EQ(check(make_transaction(Bytes(100, 1))).reason, "malformed");
  const BlockRef one = b.block(b.genesis_block(), {b.transfer(0, 0, 1, 10)});
  b.adopt(b.genesis_block()->id, {one});
  EXPECT_EQ(check(b.transfer(0, 0, 1, 10)).reason, "nonce used");
}

TEST(AccountLedger, SharingChangesNeitherResultsNorCosts) {
  Bench shared(true);
  Bench alone(false);
  std::uint64_t cost[2] = {};
  Hash256 root[2];
  int i = 0;
  for (Bench* b : {&shared, &alone}) {
    const BlockRef one = b->block(b->genesis_block(), {b->transfer(0, 0, 1, 10)});
    if (b == &shared)
      b->store->execute(*b->store->genesis(), *one, false);  // another node was first
    root[i] = b->adopt(b->genesis_block()->id, {one}).state_root;
    cost[i++] = b->effects.cost_picoseconds();
  }
  EXPECT_EQ(root[0], root[1]);
  EXPECT_EQ(cost[0], cost[1]);
  EXPECT_GT(cost[0], 0u);
}

TEST(AccountLedger, AuditAgreesWithTheLedgerAndCountsSupply) {
  Bench b;
  const ModelInfo* info = builtin_models().find(ModelKind::ledger, "account");
  ASSERT_TRUE(info);
  const auto audit = info->make_audit(b.genesis, *b.suite);
  const BlockRef one =
      b.block(b.genesis_block(), {b.transfer(0, 0, 1, 100, 3), b.transfer(0, 0, 2, 1)});
  const Adopted a = b.adopt(b.genesis_block()->id, {one});
  const auto entries = audit->apply(*one);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_TRUE(entries[0].effective);
  EXPECT_FALSE(entries[1].effective);
  EXPECT_EQ(audit->state_root(), a.state_root);
  EXPECT_EQ(audit->supply(), U256(4000));
}

TEST(Stakes, AreBalancesAfterABlockAndFollowATransfer) {
  Bench b;
  b.genesis.stakes = {700, 0, 300};
  b.begin();
  const auto after = [&](const BlockId& block) {
    const auto calls = b.call(TakeStakes{block});
    return *calls.at(0).as<Stakes>();
  };
  using List = std::vector<std::uint64_t>;
  const BlockRef genesis = b.genesis_block();
  EXPECT_EQ(*after(genesis->id).of, (List{700, 0, 300}));
  const BlockRef one = b.block(
      genesis, {b.transfer(0, 0, stake_account(1), 40), b.transfer(stake_account(0), 0, 3, 99)});
  EXPECT_FALSE(after(one->id).known);
  b.call(Adopt{genesis->id, {one}});
  EXPECT_EQ(*after(one->id).of, (List{600, 40, 300})) << "99 and a fee of 1 left, 40 came";
  EXPECT_EQ(*after(genesis->id).of, (List{700, 0, 300})) << "a version is not changed in place";
  b.call(Finalise{one});
  EXPECT_TRUE(after(one->id).known);
  EXPECT_FALSE(after(genesis->id).known);
}

TEST(Stakes, NobodysStakeIsNoPartOfTheState) {
  Bench with;
  with.genesis.stakes = {0, 0};
  with.begin();
  EXPECT_EQ(with.context.genesis_root, Bench().context.genesis_root);
}

}  // namespace
}  // namespace ledgerlab::account
