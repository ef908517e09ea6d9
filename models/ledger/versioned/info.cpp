// Registration of the versioned ledger, and its audit: the books kept a second time.
#include <map>

#include "models/api/registry.hpp"
#include "models/crypto/hash.hpp"
#include "models/ledger/versioned/rules.hpp"
#include "models/ledger/versioned/wallet.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/ledger/ledger.hpp"

namespace ledgerlab {
namespace versioned {
namespace {

/// Replays a history on plain maps: repeats what validation is in its own words, on signatures that
/// it checks itself, and builds its trie from nothing.
class Audit final : public LedgerAudit {
 public:
  Audit(const GenesisSpec& genesis, CryptoSuite& suite)
      : suite_(suite), policy_(policy_of(genesis)) {
    std::unique_ptr<ContractEngine> engine;
    if (genesis.contract_model) {
      engine = genesis.contract_model->make_contract_engine(*genesis.contract_params);
    }
    // Hashed keys: what a trie can give back. All later keys are hashed on their way in.
    const pipeline::State state = genesis_state(genesis, suite, engine.get());
    codec_entries(state);
    for (AccountIndex i = 0; i < genesis.accounts; ++i) note_balance(suite.account(i), state);
    for (NodeId r = 0; r < genesis.stakes.size(); ++r) {
      note_balance(suite.account(stake_account(r)), state);
    }
    if (genesis.contracts) {
      for (std::size_t i = 0; i < genesis.contracts->size(); ++i) {
        note_balance(contract_address(suite, i), state);
      }
    }
  }

  std::vector<Entry> apply(const Block& block) override {
    std::vector<Entry> entries;
    const auto& transactions = block.payload->transactions;
    for (std::size_t i = 0; i < transactions.size(); ++i) {
      entries.push_back(apply_one(*transactions[i], pipeline::version_of(block.height, i)));
    }
    return entries;
  }
  U256 supply() const override {
    U256 total;
    for (const auto& [key, balance] : balances_) total += balance;
    return total;
  }
  U256 issued() const override { return {}; }
  U256 burned() const override { return {}; }
  Hash256 state_root() const override {
    Trie trie;
    for (const auto& [key, leaf] : leaves_) trie.insert(key.view(), leaf);
    return trie.root();
  }

 private:
  void codec_entries(const pipeline::State& state) {
    const Bytes all = state.serialise();
    codec::Reader reader(all);
    while (reader.remaining() > 0) {
      Hash256 key;
      Bytes leaf;
      reader(key, leaf);
      leaves_.emplace(key, std::move(leaf));
    }
  }
  void note_balance(const Address& address, const pipeline::State& state) {
    const Bytes key = pipeline::balance_key(address);
    balances_[key] = pipeline::balance_in(state.get(key).value);
  }
  pipeline::Version version(ByteView key) const {
    const auto found = leaves_.find(keccak256(key));
    if (found == leaves_.end()) return 0;
    pipeline::Version version = 0;
    for (std::size_t i = 0; i < 8; ++i) version = version << 8 | found->second[i];
    return version;
  }
  void write(const Bytes& key, const Bytes& value, pipeline::Version version) {
    const Hash256 hashed = keccak256(key);
    if (value.empty()) {
      leaves_.erase(hashed);
    } else {
      leaves_[hashed] = pipeline::encode_leaf(value, version);
    }
    if (!key.empty() && key[0] == 'b') balances_[key] = pipeline::balance_in(value);
  }
  bool endorsed(const pipeline::SignedEnvelope& envelope) const {
    const Bytes text =
        pipeline::endorsed_text(envelope.content.proposal->id, envelope.content.result);
    std::map<NodeId, bool> by;
    for (const pipeline::Endorsement& e : envelope.content.endorsements) {
      if (e.endorser < policy_.endorsers && suite_.verify(e.endorser, text, e.signature)) {
        by[e.endorser] = true;
      }
    }
    return by.size() >= policy_.needed;
  }
  Entry apply_one(const Transaction& tx, pipeline::Version at) {
    Entry entry;
    const pipeline::SignedEnvelope* envelope = pipeline::decode_envelope(tx);
    if (!envelope) return entry;
    const TxId& id = envelope->content.proposal->id;
    const auto& proposal = *pipeline::decode_proposal(*envelope->content.proposal);
    if (suite_.recover(proposal.digest, proposal.signature) != proposal.content.from ||
        suite_.recover(envelope->digest, envelope->signature) != proposal.content.from) {
      return entry;
    }
    const Bytes used = pipeline::proposal_key(id);
    if (version(used) != 0 || !endorsed(*envelope)) return entry;
    for (const ReadItem& read : envelope->set.reads) {
      if (version(read.key) != read.version) return entry;
    }
    for (const WriteItem& item : envelope->set.writes) write(item.key, item.value, at);
    write(used, Bytes{1}, at);
    entry.effective = true;
    entry.spends.push_back(id);
    return entry;
  }

  CryptoSuite& suite_;
  pipeline::Policy policy_;
  std::map<Hash256, Bytes> leaves_;  // by hashed key
  std::map<Bytes, U256> balances_;
};

std::vector<ParamInfo> params() {
  return {
      {"endorsement",
       ParamType::text,
       "majority",
       "whose signatures a transaction needs: any, majority, all, or k of n of the endorsers",
       {},
       {},
       {}},
      {"endorsers",
       ParamType::integer,
       "0",
       "how many replicas endorse, the first ones; 0: every replica",
       "0",
       "100000",
       {}},
  };
}

}  // namespace
}  // namespace versioned

void register_ledger_versioned(Registry& registry) {
  ModelInfo info;
  info.name = "versioned";
  info.version = 2;
  info.kind = ModelKind::ledger;
  info.slot = Slot::application;
  info.family = "execute-order-validate";
  info.summary =
      "Balances and contract data under keys with versions; endorsed read and write sets are "
      "ordered and validated. What pipeline = \"execute-order-validate\" makes of a ledger.";
  info.paper =
      "E. Androulaki et al., Hyperledger Fabric: A Distributed Operating System for Permissioned "
      "Blockchains, EuroSys 2018";
  info.f751 = {"F7512-7.1-f"};
  info.params = versioned::params();
  info.engines = {"evm", "lua", "js", "wasm", "process"};
  info.check = versioned::policy_problem;
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<ledger::Ledger>(context);
  };
  info.make_shared_store = [](const GenesisSpec& genesis, CryptoSuite& suite,
                              bool share) -> std::unique_ptr<SharedStore> {
    return std::make_unique<ledger::Store>(std::make_unique<versioned::Rules>(genesis, suite),
                                           static_cast<NodeId>(genesis.stakes.size()), share);
  };
  info.genesis_root = [](const GenesisSpec& genesis, CryptoSuite& suite) {
    return versioned::Rules(genesis, suite).genesis()->root();
  };
  info.make_audit = [](const GenesisSpec& genesis,
                       CryptoSuite& suite) -> std::unique_ptr<LedgerAudit> {
    return std::make_unique<versioned::Audit>(genesis, suite);
  };
  info.make_wallet = [](const ModuleContext& context) -> std::unique_ptr<Wallet> {
    return std::make_unique<versioned::ProposalWallet>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
