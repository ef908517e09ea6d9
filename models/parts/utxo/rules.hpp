// The UTXO ledger's rules, for the frame that all ledgers share (models/parts/ledger).
#pragma once

#include "models/base/fifo.hpp"
#include "models/parts/utxo/execute.hpp"

namespace ledgerlab::utxo {

class Rules final : public ledger::Rules {
 public:
  Rules(const GenesisSpec& genesis, CryptoSuite& suite, bool bridge = false);

  ledger::StateRef genesis() override { return genesis_state(genesis_, locks_); }
  std::string_view fault(const Transaction& transaction) override;
  std::string_view block_fault(const ledger::State& head, const Block& block) override;
  std::uint32_t signatures(const Transaction& transaction) override;
  ledger::BlockResultRef execute(const ledger::State& pre, const Block& block,
                                 const ledger::BlockResult* begun) override;
  /// The height: coins, fee output and lock times depend on it.
  Bytes context(const Block& block) const override;
  void check(const ledger::State& state, Checked& answer) override;
  Queried query(const ledger::State& state, const Address& address) override;
  std::uint64_t stake(const ledger::State& state, NodeId replica) override;
  Bytes serialise(const ledger::State& state) override;
  ledger::StateRef deserialise(ByteView bytes) override;

  Locks& locks() { return locks_; }
  const Policy& policy() const { return policy_; }

 private:
  struct Inputs {
    std::vector<bitcoin::Coin> coins;
    std::vector<TxId> parents;
    bool complete = true;
  };
  Inputs inputs_of(const State& state, const bitcoin::Transaction& tx) const;
  void remember(const TxRef& transaction);

  GenesisSpec genesis_;
  Locks locks_;
  Policy policy_;
  Lookup<Address, Bytes, TagHash> scripts_;  // of the accounts of genesis
  /// Transactions that passed admission lately, by id, for what spends their outputs before a block
  /// has them. Content only: whether a node has a parent is for its pool to say.
  Lookup<TxId, TxRef, TagHash> seen_;
  Fifo<TxId> seen_order_;
};

}  // namespace ledgerlab::utxo
