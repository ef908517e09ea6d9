// Registration of the UTXO ledger, and its audit: the books kept a second time.
#include "models/api/registry.hpp"
#include "models/parts/ledger/ledger.hpp"
#include "models/parts/utxo/books.hpp"
#include "models/parts/utxo/rules.hpp"
#include "models/parts/utxo/wallet.hpp"

namespace ledgerlab {
namespace utxo {
namespace {

class Audit final : public LedgerAudit {
 public:
  Audit(const GenesisSpec& genesis, CryptoSuite& suite) : coins_(suite) {
    for (AccountIndex i = 0; i < genesis.accounts; ++i) {
      coins_.pay_genesis(i, genesis.balance, genesis_coins);
    }
    for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
      coins_.pay_genesis(stake_account(replica), genesis.stakes[replica], 1);
    }
  }

  std::vector<Entry> apply(const Block& block) override {
    std::vector<Entry> entries;
    coins_.begin(block.height);
    for (const TxRef& tx : block.payload->transactions) entries.push_back(coins_.spend(*tx));
    coins_.end();
    return entries;
  }
  U256 supply() const override { return coins_.sum(); }
  U256 issued() const override { return {}; }
  U256 burned() const override { return coins_.burned(); }
  Hash256 state_root() const override { return coins_.root(); }

 private:
  CoinBooks coins_;
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
