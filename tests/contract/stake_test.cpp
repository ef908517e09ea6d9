// Contract: a lottery by stake follows the real ledger. A stakeholder pays all it has to another
// one by an ordinary transfer; from the second epoch after that block's on, the payee leads and the
// payer never.
#include "models/api/client_messages.hpp"
#include "models/consensus/praos/rules.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

constexpr std::uint64_t stake = 500'000;

/// Hands the transfer to its own pool once its time has come.
class Payer final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    if (paid_ || input.local < Time{ms(4500)}) return;
    paid_ = true;
    Transfer t;
    t.to = effects.suite().account(stake_account(2));
    t.value = U256(stake - 1);
    t.fee = 1;
    const TxRef tx = sign_transfer(effects.crypto(), stake_account(0), t);
    const LocalCall call{Slot::relay, Slot::mempool, 0,
                         Relayed{effects.make(TransactionContent{tx}), 1}};
    Input handed = input;
    handed.kind = InputKind::call;
    handed.slot = Slot::mempool;
    handed.message = nullptr;
    handed.call = &call;
    Wrapped::step(handed, effects);
  }

 private:
  bool paid_ = false;
};

/// Keeps the settled blocks.
class Witness final : public Wrapped {
 public:
  Witness(std::unique_ptr<Module> inner, std::vector<BlockRef>& blocks)
      : Wrapped(std::move(inner)), blocks_(&blocks) {}
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    for (const Effect& e : effects.list()) {
      if (e.kind == EffectKind::announce_final) blocks_->push_back(effects.block_of(e));
    }
  }

 private:
  std::vector<BlockRef>* blocks_;
};

TEST(Stake, ATransferMovesTheLotteryTwoEpochsLater) {
  TestScenario setup;
  setup.protocol = builtin_models().find(ModelKind::consensus, "praos");
  ASSERT_NE(setup.protocol, nullptr);
  setup.replicas = 3;
  setup.duration = seconds(40);
  setup.extra = "stakes = [1, 1, 0]\ntotal_stake = 1000000\n";
  std::vector<BlockRef> blocks;
  BuildOptions options;
  options.wrap = [&](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node == 0) return std::make_unique<Payer>(std::move(inner));
    if (node == 1) return std::make_unique<Witness>(std::move(inner), blocks);
    return inner;
  };
  Ran run(setup.plan(3), options);
  const praos::Rules rules(run.plan.systems.front().consensus.params);
  constexpr std::uint64_t never = ~std::uint64_t{0};
  std::uint64_t paid_in = never;
  std::map<std::uint64_t, std::set<NodeId>> issuers;
  for (const BlockRef& block : blocks) {
    const auto header = praos::header_of(*block);
    ASSERT_TRUE(header);
    const std::uint64_t epoch = rules.epoch_of(header->slot);
    issuers[epoch].insert(header->issuer);
    for (const TxRef& tx : block->payload->transactions) {
      const SignedTransfer* t = decode_transfer(*tx);
      if (t && t->transfer.value == U256(stake - 1)) paid_in = epoch;
    }
  }
  ASSERT_NE(paid_in, never) << "the transfer is in no settled block";
  std::set<NodeId> before, after;
  for (const auto& [epoch, nodes] : issuers) {
    (epoch < paid_in + 2 ? before : after).insert(nodes.begin(), nodes.end());
  }
  EXPECT_EQ(before, (std::set<NodeId>{0, 1}));
  EXPECT_EQ(after, (std::set<NodeId>{1, 2}));
  EXPECT_GT(issuers.rbegin()->first, paid_in + 5) << "too few epochs to mean anything";
}

}  // namespace
}  // namespace ledgerlab::contract
