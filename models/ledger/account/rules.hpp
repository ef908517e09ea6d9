// The account ledger's rules, for the frame that all ledgers share (models/parts/ledger).
#pragma once

#include "models/ledger/account/state.hpp"

namespace ledgerlab::account {

class Rules final : public ledger::Rules {
 public:
  Rules(const GenesisSpec& genesis, CryptoSuite& suite);

  ledger::StateRef genesis() override { return genesis_state(genesis_, suite_); }
  std::string_view fault(const Transaction& transaction) override;
  ledger::BlockResultRef execute(const ledger::State& pre, const Block& block,
                                 const ledger::BlockResult* begun) override;
  void check(const ledger::State& state, Checked& answer) override;
  Queried query(const ledger::State& state, const Address& address) override;
  std::optional<TrieProof> prove(const ledger::State& state, const Address& address) override;
  std::uint64_t stake(const ledger::State& state, NodeId replica) override;
  Bytes serialise(const ledger::State& state) override;
  ledger::StateRef deserialise(ByteView bytes) override;

 private:
  GenesisSpec genesis_;
  CryptoSuite& suite_;
};

}  // namespace ledgerlab::account
