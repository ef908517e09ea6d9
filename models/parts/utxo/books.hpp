// The coins of a history on a plain map, for audits: shares neither execution results, nor trie
// versions, nor verdicts on scripts with the nodes, and repeats the rules in words of its own.
#pragma once

#include <map>

#include "models/parts/utxo/state.hpp"

namespace ledgerlab::utxo {

class CoinBooks {
 public:
  using Entry = LedgerAudit::Entry;
  /// `bridge`: outputs of the form bridge_script() raise these balances and are no coins.
  explicit CoinBooks(CryptoSuite& suite, std::map<Address, U256>* bridge = nullptr)
      : locks_(suite), bridge_(bridge) {}

  void begin(Height height);
  void pay_genesis(AccountIndex index, std::uint64_t balance, std::uint32_t coins);
  Entry spend(const Transaction& transaction);
  void make(const bitcoin::OutPoint& point, const bitcoin::TxOut& output);
  /// The fee output of the block that began last.
  void end();

  U256 sum() const;
  /// Paid to outputs that nobody can ever spend.
  const U256& burned() const { return burned_; }
  Hash256 root() const;

 private:
  void make_all(const bitcoin::Transaction& tx, bool coinbase);
  bool mature(const bitcoin::Coin& coin, std::uint32_t version, std::uint32_t sequence) const;

  Locks locks_;
  std::map<Address, U256>* bridge_;
  std::uint32_t height_ = 0;
  bitcoin::Satoshi fees_ = 0;
  U256 burned_;
  std::map<bitcoin::OutPoint, bitcoin::Coin> coins_;
};

}  // namespace ledgerlab::utxo
