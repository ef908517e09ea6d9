#include "models/ledger/account/contract_audit.hpp"

#include <cstring>

#include "models/ledger/account/chain.hpp"
#include "models/ledger/account/ethereum_tx.hpp"
#include "models/ledger/account/strikes.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/ethereum/execute.hpp"

namespace ledgerlab::account {
namespace {

/// Replays a history on a world of its own with an engine of its own: shares neither execution
/// results nor trie versions nor code with the nodes. What it owns is counted afresh over all
/// accounts, and the state root is that of tries built anew from their entries.
class ContractAudit final : public LedgerAudit {
 public:
  ContractAudit(const GenesisSpec& genesis, CryptoSuite& suite)
      : suite_(suite),
        chain_(genesis),
        cut_off_(contract::cut_off(*genesis.contract_params)),
        engine_(genesis.contract_model->make_contract_engine(*genesis.contract_params)),
        world_(genesis_world(genesis, chain_, suite, *engine_)) {}

  std::vector<Entry> apply(const Block& block) override {
    std::vector<Entry> entries;
    ethereum::Overlay overlay(world_, chain_.revision);
    const ethereum::BlockContext context = block_context(chain_, block);
    ethereum::BlockUse use;
    StateStrikes strikes(overlay);
    contract::Watch engine(*engine_, cut_off_, strikes);
    for (const TxRef& tx : block.payload->transactions) {
      entries.push_back(apply_one(overlay, context, engine, use, *tx));
      engine.settle();
    }
    burned_ += U256(use.gas) * U256(chain_.base_fee);
    world_ = overlay.commit();
    return entries;
  }

  U256 supply() const override {
    U256 total;
    world_.accounts().visit([&](ByteView, ByteView leaf) {
      total += ethereum::decode_account(leaf).value().balance;
      return true;
    });
    return total;
  }
  U256 issued() const override { return {}; }
  U256 burned() const override { return burned_; }

  Hash256 state_root() const override {
    Trie accounts;
    world_.accounts().visit([&](ByteView key, ByteView leaf) {
      Trie known, storage;
      world_.accounts().get(key, known);
      known.visit([&](ByteView item, ByteView value) {
        storage.insert(item, value);
        return true;
      });
      ethereum::Account account = ethereum::decode_account(leaf).value();
      account.storage_root = storage.root();
      accounts.insert(key, ethereum::encode(account));
      return true;
    });
    return accounts.root();
  }

 private:
  Entry apply_one(ethereum::Overlay& overlay, const ethereum::BlockContext& block,
                  ContractEngine& engine, ethereum::BlockUse& use, const Transaction& bytes) {
    Entry entry;
    const EthereumTransaction* tx = decode_ethereum(bytes);
    // Judged anew, not as the nodes remember it.
    if (!tx || suite_.recover(tx->digest, tx->signature) != tx->from) return entry;
    const U256 before = overlay.balance(tx->from);
    const std::uint64_t nonce = overlay.nonce(tx->from);
    const auto outcome =
        ethereum::execute_transaction(overlay, block, tx->content, tx->from, engine, use);
    if (outcome.fault != ethereum::TransactionFault::none) return entry;
    // Its turn, once only, and paid for.
    const U256 paid = outcome.receipt.effective_gas_price * U256(outcome.receipt.gas_used);
    if (nonce != tx->content.nonce || before < paid) return entry;
    entry.effective = outcome.receipt.success;
    Hash256& turn = entry.spends.emplace_back();
    std::memcpy(turn.data.data(), tx->from.data.data(), 20);
    std::memcpy(turn.data.data() + 24, &nonce, 8);
    return entry;
  }

  CryptoSuite& suite_;
  Chain chain_;
  std::uint64_t cut_off_;
  std::unique_ptr<ContractEngine> engine_;
  ethereum::WorldState world_;
  U256 burned_;
};

}  // namespace

std::unique_ptr<LedgerAudit> make_contract_audit(const GenesisSpec& genesis, CryptoSuite& suite) {
  return std::make_unique<ContractAudit>(genesis, suite);
}

}  // namespace ledgerlab::account
