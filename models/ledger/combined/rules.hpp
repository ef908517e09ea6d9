// A ledger of both asset models in one state (F.751.2 7.1.7.1): coins as in ledger "utxo", balances
// with nonces as in ledger "account", and value that moves between them in one transaction.
#pragma once

#include "models/crypto/mpt.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/utxo/execute.hpp"
#include "models/parts/utxo/rules.hpp"

namespace ledgerlab::combined {

struct Account {
  std::uint64_t nonce = 0;
  U256 balance;
  friend bool operator==(const Account&, const Account&) = default;
};
Bytes encode_account(const Account& account);
std::optional<Account> decode_account(ByteView bytes);

/// A transfer to this account leaves the balances: its data is a P2WPKH script, and its value a
/// coin locked by it, output 0 of the transfer.
const Address& bridge_address();
/// Where transfers' fees go, as in ledger "account".
const Address& fee_account();

/// Of a genesis balance so much begins as coins, the rest as balance.
std::uint64_t coin_part(std::uint64_t balance);
GenesisSpec coin_genesis(const GenesisSpec& genesis);

class State final : public ledger::State {
 public:
  State(utxo::StateRef coins, SecureTrie accounts)
      : coins_(std::move(coins)), accounts_(std::move(accounts)) {}
  const utxo::State& coins() const { return *coins_; }
  const SecureTrie& accounts() const { return accounts_; }
  Account get(const Address& address) const;
  /// SHA-256 over the roots of both parts.
  Hash256 root() const override;

 private:
  utxo::StateRef coins_;
  SecureTrie accounts_;
};
Hash256 root_of(const Hash256& coins, const Hash256& accounts);

class Rules final : public ledger::Rules {
 public:
  Rules(const GenesisSpec& genesis, CryptoSuite& suite);

  ledger::StateRef genesis() override;
  std::string_view fault(const Transaction& transaction) override;
  std::string_view block_fault(const ledger::State& head, const Block& block) override;
  std::uint32_t signatures(const Transaction& transaction) override;
  ledger::BlockResultRef execute(const ledger::State& pre, const Block& block,
                                 const ledger::BlockResult* begun) override;
  Bytes context(const Block& block) const override { return coins_.context(block); }
  void check(const ledger::State& state, Checked& answer) override;
  Queried query(const ledger::State& state, const Address& address) override;
  std::uint64_t stake(const ledger::State& state, NodeId replica) override;
  Bytes serialise(const ledger::State& state) override;
  ledger::StateRef deserialise(ByteView bytes) override;

 private:
  GenesisSpec genesis_;
  CryptoSuite& suite_;
  utxo::Rules coins_;
};

}  // namespace ledgerlab::combined
