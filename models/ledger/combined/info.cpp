// Registration of the combined ledger, and its audit: the books kept a second time.
#include <cstring>
#include <map>

#include "models/api/registry.hpp"
#include "models/ledger/combined/rules.hpp"
#include "models/ledger/combined/wallet.hpp"
#include "models/parts/ledger/ledger.hpp"
#include "models/parts/utxo/books.hpp"

namespace ledgerlab {
namespace combined {
namespace {

/// Replays a history on plain maps, in words of its own: coins, and balances with nonces.
class Audit final : public LedgerAudit {
 public:
  Audit(const GenesisSpec& genesis, CryptoSuite& suite) : suite_(suite), coins_(suite, &balances_) {
    for (AccountIndex i = 0; i < genesis.accounts; ++i) {
      const std::uint64_t coins = genesis.balance / 2;
      coins_.pay_genesis(i, coins, utxo::genesis_coins);
      balances_[suite.account(i)] = U256(genesis.balance - coins);
    }
    for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
      balances_[suite.account(stake_account(replica))] = U256(genesis.stakes[replica]);
    }
  }

  std::vector<Entry> apply(const Block& block) override {
    std::vector<Entry> entries;
    coins_.begin(block.height);
    for (const TxRef& tx : block.payload->transactions) {
      entries.push_back(tx->witnessed ? coins_.spend(*tx) : transfer(*tx));
    }
    coins_.end();
    return entries;
  }
  U256 supply() const override {
    U256 total = coins_.sum();
    for (const auto& [address, balance] : balances_) total += balance;
    return total;
  }
  U256 issued() const override { return {}; }
  U256 burned() const override { return coins_.burned(); }
  Hash256 state_root() const override {
    SecureTrie accounts;
    for (const auto& [address, balance] : balances_) {
      const auto nonce = nonces_.find(address);
      const Account account{nonce == nonces_.end() ? 0 : nonce->second, balance};
      if (account == Account{}) continue;
      accounts.insert(address.view(), encode_account(account));
    }
    return root_of(coins_.root(), accounts.root());
  }

 private:
  Entry transfer(const Transaction& tx) {
    Entry entry;
    const SignedTransfer* read = decode_transfer(tx);
    if (!read || read->transfer.chain_id != ledgerlab_chain_id) return entry;
    const auto sender = suite_.recover(read->digest, read->signature);
    const Transfer& t = read->transfer;
    if (!sender || *sender != t.from) return entry;
    const auto cost = checked_add(t.value, U256(t.fee));
    std::uint64_t& nonce = nonces_[*sender];
    U256& balance = balances_[*sender];
    if (!cost || nonce != t.nonce || balance < *cost) return entry;
    if (t.to == bridge_address()) {
      const auto value = static_cast<bitcoin::Satoshi>(t.value.low64());
      if (!t.value.fits64() || value <= 0 || value > bitcoin::max_money) return entry;
      if (!bitcoin::is_p2wpkh(t.data)) return entry;
      coins_.make({tx.id, 0}, {value, t.data});
    } else {
      balances_[t.to] += t.value;
    }
    nonce += 1;
    balance = balance - *cost;
    balances_[fee_account()] += U256(t.fee);
    entry.effective = true;
    Hash256& turn = entry.spends.emplace_back();
    std::memcpy(turn.data.data(), sender->data.data(), 20);
    std::memcpy(turn.data.data() + 24, &t.nonce, 8);
    return entry;
  }

  CryptoSuite& suite_;
  std::map<Address, U256> balances_;
  std::map<Address, std::uint64_t> nonces_;
  utxo::CoinBooks coins_;
};

}  // namespace
}  // namespace combined

void register_ledger_combined(Registry& registry) {
  ModelInfo info;
  info.name = "combined";
  info.version = 1;
  info.kind = ModelKind::ledger;
  info.slot = Slot::application;
  info.family = "combined";
  info.summary =
      "Both asset models in one state: Bitcoin's coins, accounts with balances, and transactions "
      "that carry value from one to the other.";
  info.paper = "ITU-T F.751.2 (08/2020), 7.1.7.1";
  info.f751 = {"F7512-7.1.7.1-a", "F7512-7.1.7.1-b", "F7512-7.1.7.1-c", "F7512-7.1.7.1-d"};
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<ledger::Ledger>(context);
  };
  info.make_shared_store = [](const GenesisSpec& genesis, CryptoSuite& suite,
                              bool share) -> std::unique_ptr<SharedStore> {
    return std::make_unique<ledger::Store>(std::make_unique<combined::Rules>(genesis, suite),
                                           static_cast<NodeId>(genesis.stakes.size()), share);
  };
  info.genesis_root = [](const GenesisSpec& genesis, CryptoSuite& suite) {
    return combined::Rules(genesis, suite).genesis()->root();
  };
  info.make_audit = [](const GenesisSpec& genesis,
                       CryptoSuite& suite) -> std::unique_ptr<LedgerAudit> {
    return std::make_unique<combined::Audit>(genesis, suite);
  };
  info.make_wallet = [](const ModuleContext& context) -> std::unique_ptr<Wallet> {
    return std::make_unique<combined::CombinedWallet>(context);
  };
  info.block_weight = [](const GenesisSpec&) -> std::uint64_t { return bitcoin::max_block_weight; };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
