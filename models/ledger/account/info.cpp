// Registration of the account ledger, and its audit: the books kept a second time.
#include <map>

#include "models/api/registry.hpp"
#include "models/ledger/account/contract_audit.hpp"
#include "models/ledger/account/contract_rules.hpp"
#include "models/ledger/account/contract_wallet.hpp"
#include "models/ledger/account/rules.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/ledger/ledger.hpp"

namespace ledgerlab {
namespace account {
namespace {

/// Replays a history on plain maps: shares neither execution results nor trie versions with the
/// nodes, and repeats the ledger's rule in its own words.
class Audit final : public LedgerAudit {
 public:
  Audit(const GenesisSpec& genesis, CryptoSuite& suite) : suite_(suite) {
    for (AccountIndex i = 0; i < genesis.accounts; ++i) {
      accounts_[suite.account(i)].balance = U256(genesis.balance);
    }
    for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
      accounts_[suite.account(stake_account(replica))].balance = U256(genesis.stakes[replica]);
    }
  }

  std::vector<Entry> apply(const Block& block) override {
    std::vector<Entry> entries;
    for (const TxRef& tx : block.payload->transactions) entries.push_back(apply_one(*tx));
    return entries;
  }
  U256 supply() const override {
    U256 total;
    for (const auto& [address, account] : accounts_) total += account.balance;
    return total;
  }
  U256 issued() const override { return {}; }
  U256 burned() const override { return {}; }
  Hash256 state_root() const override {
    SecureTrie trie;
    for (const auto& [address, account] : accounts_) {
      // An account that nobody ever paid or used is not part of the state (as EIP-161 has it).
      if (account == Account{}) continue;
      trie.insert(address.view(), encode_account(account));
    }
    return trie.root();
  }

 private:
  Entry apply_one(const Transaction& tx) {
    Entry entry;
    const SignedTransfer* transfer = decode_transfer(tx);
    if (!transfer || transfer->transfer.chain_id != ledgerlab_chain_id) return entry;
    const auto sender = suite_.recover(transfer->digest, transfer->signature);
    const Transfer& t = transfer->transfer;
    if (!sender || *sender != t.from) return entry;
    const auto sum = checked_add(t.value, U256(t.fee));
    if (!sum) return entry;  // nobody owns that much
    const U256 cost = *sum;
    const auto from = accounts_.find(*sender);
    if (from == accounts_.end() || from->second.nonce != t.nonce || from->second.balance < cost) {
      return entry;
    }
    from->second.balance = from->second.balance - cost;
    from->second.nonce += 1;
    accounts_[t.to].balance += t.value;
    accounts_[fee_account()].balance += U256(t.fee);
    entry.effective = true;
    Hash256& turn = entry.spends.emplace_back();
    std::memcpy(turn.data.data(), sender->data.data(), 20);
    std::memcpy(turn.data.data() + 24, &t.nonce, 8);
    return entry;
  }

  CryptoSuite& suite_;
  std::map<Address, Account> accounts_;
};

std::unique_ptr<ledger::Rules> make_rules(const GenesisSpec& genesis, CryptoSuite& suite) {
  if (genesis.contract_model == nullptr) return std::make_unique<Rules>(genesis, suite);
  return std::make_unique<ContractRules>(genesis, suite);
}

}  // namespace
}  // namespace account

void register_ledger_account(Registry& registry) {
  ModelInfo info;
  info.name = "account";
  info.version = 1;
  info.kind = ModelKind::ledger;
  info.slot = Slot::application;
  info.family = "account";
  info.summary =
      "Accounts with nonce and balance, signed transfers, secure Merkle-Patricia state root; with "
      "a "
      "contract engine Ethereum's world state, transactions, gas and receipts.";
  info.paper = "G. Wood, Ethereum Yellow Paper, sections 4.1, 4.2, appendices B, C, D";
  info.f751 = {"F7512-7.1.5.3-b", "F7512-7.1.7.1-a", "F7512-7.1.7.1-b"};
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<ledger::Ledger>(context);
  };
  info.make_shared_store = [](const GenesisSpec& genesis, CryptoSuite& suite,
                              bool share) -> std::unique_ptr<SharedStore> {
    return std::make_unique<ledger::Store>(account::make_rules(genesis, suite),
                                           static_cast<NodeId>(genesis.stakes.size()), share);
  };
  info.genesis_root = [](const GenesisSpec& genesis, CryptoSuite& suite) {
    return account::make_rules(genesis, suite)->genesis()->root();
  };
  info.make_audit = [](const GenesisSpec& genesis,
                       CryptoSuite& suite) -> std::unique_ptr<LedgerAudit> {
    if (genesis.contract_model != nullptr) return account::make_contract_audit(genesis, suite);
    return std::make_unique<account::Audit>(genesis, suite);
  };
  info.params = account::chain_params();
  info.engines = {"evm", "lua", "js", "wasm", "process"};
  info.block_weight = [](const GenesisSpec& genesis) -> std::uint64_t {
    return genesis.contract_model ? account::Chain(genesis).block_gas : 0;
  };
  info.make_wallet = [](const ModuleContext& context) -> std::unique_ptr<Wallet> {
    if (context.genesis.contract_model == nullptr) return nullptr;  // plain transfers
    return std::make_unique<account::ContractWallet>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
