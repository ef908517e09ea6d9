// The ledger of execute-order-validate, for the frame that all ledgers share (models/parts/ledger):
// simulates proposals for endorsers, and validates ordered envelopes.
#pragma once

#include "models/api/model_info.hpp"
#include "models/parts/contract/watch.hpp"
#include "models/parts/ledger/rules.hpp"
#include "models/parts/pipeline/policy.hpp"
#include "models/parts/pipeline/simulate.hpp"

namespace ledgerlab::versioned {

/// What a receipt says: Fabric's TxValidationCode (peer/transaction.proto).
enum class Validity : std::uint8_t {
  valid = 0,
  duplicate_proposal = 9,
  endorsement_policy_failure = 10,
  mvcc_read_conflict = 11
};

struct BlockResult final : ledger::BlockResult {
  Trie receipts;  // Ethereum's form: RLP(index) -> RLP[validity]
  std::vector<Validity> validity;
};

pipeline::Policy policy_of(const GenesisSpec& genesis);
/// What may be wrong with the two parameters; empty: nothing.
std::string policy_problem(const Params& params, std::uint32_t replicas);
/// Accounts of genesis and stakes; contracts created and set up by their deployer. Throws
/// std::invalid_argument naming the contract if the engine refuses one.
pipeline::State genesis_state(const GenesisSpec& genesis, CryptoSuite& suite,
                              ContractEngine* engine);
/// Of the contract with this index in genesis.
Address contract_address(CryptoSuite& suite, std::size_t index);

class Rules final : public ledger::Rules {
 public:
  Rules(const GenesisSpec& genesis, CryptoSuite& suite);

  ledger::StateRef genesis() override { return genesis_; }
  std::string_view fault(const Transaction& transaction) override;
  /// The proposal's and the envelope's; those of endorsers are judged in the block.
  std::uint32_t signatures(const Transaction&) override { return 2; }
  ledger::BlockResultRef execute(const ledger::State& pre, const Block& block,
                                 const ledger::BlockResult* begun) override;
  /// Versions are heights.
  Bytes context(const Block& block) const override;
  void check(const ledger::State& state, Checked& answer) override;
  Simulated simulate(const ledger::State& state, const Transaction& proposal,
                     ledger::Work& work) override;
  Queried query(const ledger::State& state, const Address& address) override;
  std::uint64_t stake(const ledger::State& state, NodeId replica) override;
  Bytes serialise(const ledger::State& state) override;
  ledger::StateRef deserialise(ByteView bytes) override;

 private:
  /// A simulation leaves the state as it is, so endorsers keep this outside it: who is refused
  /// gets no endorsement, which no other node has to agree with. The endorsers of one proposal
  /// count once.
  class EndorserStrikes final : public contract::Strikes {
   public:
    void begin(const TxId& proposal) { proposal_ = proposal; }
    std::uint64_t of(const Address& contract) override { return counts_[contract].strikes; }
    void set(const Address& contract, std::uint64_t strikes) override {
      Count& count = counts_[contract];
      if (strikes > count.strikes && count.last == proposal_) return;
      count = {strikes, proposal_};
    }

   private:
    struct Count {
      std::uint64_t strikes = 0;
      TxId last;
    };
    std::map<Address, Count> counts_;
    TxId proposal_;
  };

  Validity judge(const pipeline::SignedEnvelope& envelope, const pipeline::State& state);

  CryptoSuite& suite_;
  pipeline::Policy policy_;
  const ModelInfo* engine_model_;
  std::unique_ptr<ContractEngine> engine_;  // null: transfers only
  EndorserStrikes strikes_;
  std::unique_ptr<contract::Watch> watch_;  // around the engine; null: there is none
  pipeline::CodeCache codes_;
  ledger::StateRef genesis_;
};

}  // namespace ledgerlab::versioned
