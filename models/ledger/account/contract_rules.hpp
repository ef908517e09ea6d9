// The account ledger with a contract engine plugged in: Ethereum's world state, transactions, gas
// and receipts, under any consensus; for the frame that all ledgers share (models/parts/ledger).
#pragma once

#include "models/ledger/account/chain.hpp"
#include "models/ledger/account/meter.hpp"
#include "models/ledger/account/strikes.hpp"
#include "models/parts/ethereum/execute.hpp"
#include "models/parts/ledger/rules.hpp"

namespace ledgerlab::account {

class WorldVersion final : public ledger::State {
 public:
  explicit WorldVersion(ethereum::WorldState world) : world_(std::move(world)) {
    world_.root();  // hashes are filled in once, before versions are shared
  }
  Hash256 root() const override { return world_.root(); }
  const ethereum::WorldState& world() const { return world_; }

 private:
  ethereum::WorldState world_;
};

struct ContractResults final : ledger::BlockResult {
  Trie receipts;
  ethereum::BlockUse use;
  Metered metered;
};

class ContractRules final : public ledger::Rules {
 public:
  ContractRules(const GenesisSpec& genesis, CryptoSuite& suite);

  ledger::StateRef genesis() override { return genesis_; }
  /// Form, chain and signature, and Ethereum's rules that need no state.
  std::string_view fault(const Transaction& transaction) override;
  ledger::BlockResultRef execute(const ledger::State& pre, const Block& block,
                                 const ledger::BlockResult* begun) override;
  /// Number and parent: contracts see them.
  Bytes context(const Block& block) const override;
  bool deterministic() const override { return engine_->deterministic(); }
  void check(const ledger::State& state, Checked& answer) override;
  Queried query(const ledger::State& state, const Address& address) override;
  std::optional<TrieProof> prove(const ledger::State& state, const Address& address) override;
  std::uint64_t stake(const ledger::State& state, NodeId replica) override;
  /// Accounts by hashed address with their storage, then the code they name.
  Bytes serialise(const ledger::State& state) override;
  ledger::StateRef deserialise(ByteView bytes) override;

 private:
  /// False: it is not its turn, or its sender cannot pay.
  TxOutcome apply(ethereum::Overlay& overlay, const ethereum::BlockContext& block,
                  const Transaction& transaction, MeteredEngine& engine, contract::Watch& watch,
                  ContractResults& results);

  const ModelInfo& model_;
  CryptoSuite& suite_;
  Chain chain_;
  bool real_signatures_;
  std::uint64_t cut_off_;
  std::unique_ptr<ContractEngine> engine_;
  ledger::StateRef genesis_;
};

}  // namespace ledgerlab::account
