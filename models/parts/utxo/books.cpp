#include "models/parts/utxo/books.hpp"

namespace ledgerlab::utxo {
namespace {

U256 worth(const bitcoin::TxOut& output) { return U256(static_cast<std::uint64_t>(output.value)); }

}  // namespace

void CoinBooks::begin(Height height) {
  height_ = static_cast<std::uint32_t>(height);
  fees_ = 0;
}

void CoinBooks::pay_genesis(AccountIndex index, std::uint64_t balance, std::uint32_t coins) {
  make_all(genesis_transaction(index, balance, coins, Bytes(locks_.of(index).script)), false);
}

CoinBooks::Entry CoinBooks::spend(const Transaction& transaction) {
  Entry entry;
  Decoded own;  // apart from what the nodes have found out about it
  const auto tx = read_envelope(transaction.bytes);
  if (!tx || !bitcoin::check_transaction(*tx).empty()) return entry;
  own.tx = *tx;
  std::vector<bitcoin::Coin> spent;
  bitcoin::Satoshi fee = 0;
  for (const bitcoin::TxIn& input : tx->inputs) {
    const auto coin = coins_.find(input.prevout);
    if (coin == coins_.end() || !mature(coin->second, tx->version, input.sequence)) return entry;
    spent.push_back(coin->second);
    fee += coin->second.output.value;
  }
  for (const bitcoin::TxOut& output : tx->outputs) fee -= output.value;
  if (fee < 0 || !bitcoin::is_final(*tx, height_, 0)) return entry;
  if (!locks_.accepts(own, spent, Decoded::consensus)) return entry;
  for (const bitcoin::TxIn& input : tx->inputs) coins_.erase(input.prevout);
  make_all(*tx, false);
  fees_ += fee;
  entry.effective = true;
  for (const bitcoin::TxIn& input : tx->inputs) entry.spends.push_back(coin_name(input.prevout));
  return entry;
}

/// Coinbases after 100 blocks; BIP 68 by heights, and by time never.
bool CoinBooks::mature(const bitcoin::Coin& coin, std::uint32_t version,
                       std::uint32_t sequence) const {
  if (coin.coinbase && height_ - coin.height < bitcoin::coinbase_maturity) return false;
  if (version < 2 || sequence >> 31 != 0) return true;
  return (sequence >> 22 & 1) == 0 && coin.height + (sequence & 0xffff) <= height_;
}

void CoinBooks::make(const bitcoin::OutPoint& point, const bitcoin::TxOut& output) {
  coins_[point] = {output, height_, false};
}

void CoinBooks::end() {
  if (fees_ > 0) make_all(fee_transaction(height_, fees_), true);
}

void CoinBooks::make_all(const bitcoin::Transaction& tx, bool coinbase) {
  const Hash256 id = bitcoin::txid(tx);
  for (std::size_t i = 0; i < tx.outputs.size(); ++i) {
    const bitcoin::TxOut& output = tx.outputs[i];
    const auto account = bridge_ ? bridge_account(output.script_pubkey) : std::nullopt;
    if (account) {
      (*bridge_)[*account] += worth(output);
    } else if (bitcoin::is_unspendable(output.script_pubkey)) {
      burned_ += worth(output);
    } else {
      coins_[{id, static_cast<std::uint32_t>(i)}] = {output, height_, coinbase};
    }
  }
}

U256 CoinBooks::sum() const {
  U256 total;
  for (const auto& [point, coin] : coins_) total += worth(coin.output);
  return total;
}

Hash256 CoinBooks::root() const {
  SecureTrie trie;
  for (const auto& [point, coin] : coins_) {
    Bytes value;
    bitcoin::write_coin(value, coin);
    trie.insert(coin_key(point), value);
  }
  return trie.root();
}

}  // namespace ledgerlab::utxo
