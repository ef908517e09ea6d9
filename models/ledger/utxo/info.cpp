// Registration of the UTXO ledger, and its audit: the books kept a second time.
#include <map>

#include "models/api/registry.hpp"
#include "models/ledger/utxo/rules.hpp"
#include "models/ledger/utxo/wallet.hpp"
#include "models/parts/ledger/ledger.hpp"

namespace ledgerlab {
namespace utxo {
namespace {

/// Replays a history on a plain map of coins: shares neither execution results, nor trie versions,
/// nor verdicts on scripts with the nodes, and repeats the ledger's rule in its own words.
class Audit final : public LedgerAudit {
 public:
  Audit(const GenesisSpec& genesis, CryptoSuite& suite) : locks_(suite) {
    for (AccountIndex i = 0; i < genesis.accounts; ++i) pay(i, genesis.balance, genesis_coins);
    for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
      pay(stake_account(replica), genesis.stakes[replica], 1);
    }
  }

  std::vector<Entry> apply(const Block& block) override {
    std::vector<Entry> entries;
    height_ = static_cast<std::uint32_t>(block.height);
    bitcoin::Satoshi fees = 0;
    for (const TxRef& tx : block.payload->transactions) entries.push_back(apply_one(*tx, fees));
    if (fees > 0) make(fee_transaction(height_, fees), true);
    return entries;
  }
  U256 supply() const override {
    U256 total;
    for (const auto& [point, coin] : coins_) {
      total += U256(static_cast<std::uint64_t>(coin.output.value));
    }
    return total;
  }
  U256 issued() const override { return {}; }
  /// What was paid to outputs that nobody can ever spend.
  U256 burned() const override { return burned_; }
  Hash256 state_root() const override {
    SecureTrie trie;
    for (const auto& [point, coin] : coins_) {
      Bytes value;
      bitcoin::write_coin(value, coin);
      trie.insert(coin_key(point), value);
    }
    return trie.root();
  }

 private:
  void pay(AccountIndex index, std::uint64_t balance, std::uint32_t coins) {
    make(genesis_transaction(index, balance, coins, Bytes(locks_.of(index).script)), false);
  }
  void make(const bitcoin::Transaction& tx, bool coinbase) {
    const Hash256 id = bitcoin::txid(tx);
    for (std::size_t i = 0; i < tx.outputs.size(); ++i) {
      if (bitcoin::is_unspendable(tx.outputs[i].script_pubkey)) {
        burned_ += U256(static_cast<std::uint64_t>(tx.outputs[i].value));
      } else {
        coins_[{id, static_cast<std::uint32_t>(i)}] = {tx.outputs[i], height_, coinbase};
      }
    }
  }

  Entry apply_one(const Transaction& transaction, bitcoin::Satoshi& fees) {
    Entry entry;
    Decoded own;  // apart from what the nodes have found out about it
    const auto tx = read_envelope(transaction.bytes);
    if (!tx || !bitcoin::check_transaction(*tx).empty()) return entry;
    own.tx = *tx;
    std::vector<bitcoin::Coin> spent;
    bitcoin::Satoshi fee = 0;
    for (const bitcoin::TxIn& input : tx->inputs) {
      const auto coin = coins_.find(input.prevout);
      if (coin == coins_.end()) return entry;
      const bitcoin::Coin& c = coin->second;
      if (c.coinbase && height_ - c.height < bitcoin::coinbase_maturity) return entry;
      // BIP 68 by heights; by time never.
      const std::uint32_t sequence = input.sequence;
      if (tx->version >= 2 && sequence >> 31 == 0 &&
          ((sequence >> 22 & 1) != 0 || c.height + (sequence & 0xffff) > height_)) {
        return entry;
      }
      spent.push_back(c);
      fee += c.output.value;
    }
    for (const bitcoin::TxOut& output : tx->outputs) fee -= output.value;
    if (fee < 0 || !bitcoin::is_final(*tx, height_, 0)) return entry;
    if (!locks_.accepts(own, spent, Decoded::consensus)) return entry;
    for (const bitcoin::TxIn& input : tx->inputs) coins_.erase(input.prevout);
    make(*tx, false);
    fees += fee;
    entry.effective = entry.spends = true;
    entry.spend = coin_name(tx->inputs[0].prevout);
    return entry;
  }

  Locks locks_;
  std::uint32_t height_ = 0;
  U256 burned_;
  std::map<bitcoin::OutPoint, bitcoin::Coin> coins_;
};

}  // namespace
}  // namespace utxo

void register_ledger_utxo(Registry& registry) {
  ModelInfo info;
  info.name = "utxo";
  info.version = 1;
  info.kind = ModelKind::ledger;
  info.slot = Slot::application;
  info.family = "utxo";
  info.summary =
      "Bitcoin's transactions bit for bit on a set of unspent outputs with an authenticated root; "
      "with contract = \"script\" coins are locked by any Bitcoin script.";
  info.paper =
      "S. Nakamoto, Bitcoin: A Peer-to-Peer Electronic Cash System, 2008; BIP 141, 143, 341";
  info.f751 = {"F7512-7.1.5.3-b", "F7512-7.1.7.1-a", "F7512-7.1.7.1-c", "F7512-7.1.7.2-c"};
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<ledger::Ledger>(context);
  };
  info.make_shared_store = [](const GenesisSpec& genesis, CryptoSuite& suite,
                              bool share) -> std::unique_ptr<SharedStore> {
    return std::make_unique<ledger::Store>(std::make_unique<utxo::Rules>(genesis, suite),
                                           static_cast<NodeId>(genesis.stakes.size()), share);
  };
  info.genesis_root = [](const GenesisSpec& genesis, CryptoSuite& suite) {
    utxo::Locks locks(suite);
    return utxo::genesis_state(genesis, locks)->root();
  };
  info.make_audit = [](const GenesisSpec& genesis,
                       CryptoSuite& suite) -> std::unique_ptr<LedgerAudit> {
    return std::make_unique<utxo::Audit>(genesis, suite);
  };
  info.make_wallet = [](const ModuleContext& context) -> std::unique_ptr<Wallet> {
    return std::make_unique<utxo::CoinWallet>(context);
  };
  info.block_weight = [](const GenesisSpec&) -> std::uint64_t { return bitcoin::max_block_weight; };
  info.engines = {"script"};
  registry.add(std::move(info));
}

}  // namespace ledgerlab
