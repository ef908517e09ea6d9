// Twins of what every protocol promises about its history, and of ledger, client and finality.
#include <set>

#include "conformance/purposes/consensus/bad_replicas.hpp"
#include "models/api/client_messages.hpp"
#include "tests/contract/twins.hpp"

namespace ledgerlab::contract {
namespace {

using conformance::DecidesOtherwise;
using conformance::InventsTransactions;

/// Says nothing of one height.
class SkipsABlock final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    for (Effect& e : list(effects)) {
      if (e.kind == EffectKind::announce_final && effects.block_of(e)->height == 3) erase(e);
    }
  }
};

/// Its application holds another state than the ledger's rules give.
class MintsMoney final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    for (Effect& e : list(effects)) {
      const auto kind = static_cast<AnswerKind>(e.small);
      if (e.kind == EffectKind::answer &&
          (kind == AnswerKind::executed || kind == AnswerKind::adopted)) {
        e.b ^= 0x1000;
      }
    }
  }
};

/// Replies when any replica of its run has heard of a transaction, not when it is final: a client
/// that wants several equal replies gets them.
class RepliesEarly final : public Wrapped {
 public:
  struct Asked {
    NodeId client;
    TxId transaction;
  };
  using Hearsay = std::shared_ptr<std::vector<Asked>>;
  RepliesEarly(std::unique_ptr<Module> inner, Hearsay hearsay)
      : Wrapped(std::move(inner)), hearsay_(std::move(hearsay)) {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::deliver) {
      if (const auto* request = input.message->as<Request>()) {
        hearsay_->push_back({input.from, request->transaction->id});
      }
    }
    effects.set_slot(Slot::mempool);
    for (; answered_ < hearsay_->size(); ++answered_) {
      const Asked& asked = (*hearsay_)[answered_];
      effects.send(asked.client, Reply{asked.transaction, 1, {}, TxOutcome::succeeded});
    }
    Wrapped::step(input, effects);
  }
  static std::function<std::unique_ptr<Module>(NodeId, std::unique_ptr<Module>)> of_one_run() {
    return
        [hearsay = std::make_shared<std::vector<Asked>>()](NodeId, std::unique_ptr<Module> inner) {
          return std::make_unique<RepliesEarly>(std::move(inner), hearsay);
        };
  }

 private:
  Hearsay hearsay_;
  std::size_t answered_ = 0;
};

/// Does nothing any more after a while: no decision although transactions wait.
class FallsAsleep final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    if (input.local < time_start + seconds(2)) Wrapped::step(input, effects);
  }
};

/// Calls every head final: settlement at depth zero.
class SettlesAtOnce final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    std::vector<BlockRef> heads;
    for (Effect& e : list(effects)) {
      if (e.kind == EffectKind::announce_head) heads.push_back(effects.block_of(e));
      if (e.kind == EffectKind::announce_final) erase(e);
    }
    effects.set_slot(Slot::consensus);
    for (const BlockRef& head : heads) effects.announce_final(head);
  }
};

/// Books whose supply grows by one unit with every block that nobody issued.
class MintingAudit final : public LedgerAudit {
 public:
  explicit MintingAudit(std::unique_ptr<LedgerAudit> inner) : inner_(std::move(inner)) {}
  std::vector<Entry> apply(const Block& block) override {
    ++minted_;
    return inner_->apply(block);
  }
  U256 supply() const override { return inner_->supply() + U256(minted_); }
  U256 issued() const override { return inner_->issued(); }
  U256 burned() const override { return inner_->burned(); }
  Hash256 state_root() const override { return inner_->state_root(); }

 private:
  std::unique_ptr<LedgerAudit> inner_;
  std::uint64_t minted_ = 0;
};

/// The account ledger under rules that mint.
const ModelInfo& minting_ledger() {
  static Registry registry;
  static const ModelInfo* info = [] {
    ModelInfo copy = *builtin_models().find(ModelKind::ledger, "account");
    copy.make_audit = [](const GenesisSpec& genesis,
                         CryptoSuite& suite) -> std::unique_ptr<LedgerAudit> {
      const ModelInfo* account = builtin_models().find(ModelKind::ledger, "account");
      return std::make_unique<MintingAudit>(account->make_audit(genesis, suite));
    };
    registry.add(std::move(copy));
    return registry.find(ModelKind::ledger, "account");
  }();
  return *info;
}

}  // namespace

std::vector<Twin> history_twins() {
  std::vector<Twin> twins;
  for (const ModelInfo* protocol : protocols()) {
    TestScenario setup;
    setup.protocol = protocol;
    setup.duration = 3 * protocol->contract.run;
    const auto twin = [&](const std::string& name, std::vector<std::string> caught_by,
                          decltype(Twin::wrap) wrap) {
      twins.push_back(
          {protocol->name + "_" + name, setup, std::move(caught_by), std::move(wrap), {}, 1});
    };
    twin("decides_another_block", {"agreement"}, every<DecidesOtherwise>(1));
    twin("skips_a_block", {"prefix_consistency"}, every<SkipsABlock>(1));
    twin("invents_transactions", {"validity"}, every<InventsTransactions>());
    twin("one_application_mints", {"agreement"}, every<MintsMoney>(1));
    twin("all_applications_mint", {"supply"}, every<MintsMoney>());
    twin("acknowledges_early", {"durability"}, &RepliesEarly::of_one_run);
    if (const auto bound = protocol->fault_model.liveness_bound) {
      const Plan plan = setup.plan(1);
      const Duration wait = bound(plan.systems.front().consensus.params, ms(15), setup.replicas);
      setup.duration = seconds(4) + wait;
      twin("falls_asleep", {"liveness"}, every<FallsAsleep>());
    }
  }
  TestScenario setup;
  setup.protocol = protocols().front();
  twins.push_back({"ledger_rules_mint",
                   setup,
                   {"supply"},
                   {},
                   [](Plan& plan) { plan.systems.front().ledger.info = &minting_ledger(); },
                   1});
  return twins;
}

std::vector<Twin> lottery_twins() {
  std::vector<Twin> twins;
  for (const ModelInfo* protocol : protocols()) {
    if (!protocol->uses_hash_power) continue;
    TestScenario setup;
    setup.protocol = protocol;
    setup.for_swarm = true;
    setup.replicas = 6;
    setup.duration = 10 * protocol->contract.run;
    // A few blocks in a hundred meet another of their height: inside the fault model.
    twins.push_back({protocol->name + "_settles_at_depth_zero",
                     setup,
                     {"settlement", "agreement", "prefix_consistency"},
                     every<SettlesAtOnce>(),
                     {},
                     3});
  }
  return twins;
}

}  // namespace ledgerlab::contract
