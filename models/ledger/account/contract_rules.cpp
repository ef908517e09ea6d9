#include "models/ledger/account/contract_rules.hpp"

#include <algorithm>
#include <map>

#include "models/codec/codec.hpp"
#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"
#include "models/ledger/account/ethereum_tx.hpp"
#include "models/ledger/account/state.hpp"
#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab::account {
namespace {

const ethereum::WorldState& world_of(const ledger::State& state) {
  return static_cast<const WorldVersion&>(state).world();
}

/// A trie's key of 32 bytes.
Hash256 hash_of(ByteView key) {
  Hash256 out;
  std::copy(key.begin(), key.end(), out.data.begin());
  return out;
}

void add_receipt(Trie& receipts, std::size_t index, const ethereum::Receipt& receipt) {
  Bytes key;
  rlp::append(key, static_cast<std::uint64_t>(index));
  receipts.insert(key, ethereum::encode(receipt));
}

}  // namespace

ContractRules::ContractRules(const GenesisSpec& genesis, CryptoSuite& suite)
    : model_(*genesis.contract_model),
      suite_(suite),
      chain_(genesis),
      real_signatures_(suite.mode() == "real"),
      cut_off_(contract::cut_off(*genesis.contract_params)),
      engine_(genesis.contract_model->make_contract_engine(*genesis.contract_params)),
      genesis_(
          std::make_shared<const WorldVersion>(genesis_world(genesis, chain_, suite, *engine_))) {}

std::string_view ContractRules::fault(const Transaction& transaction) {
  const EthereumTransaction* tx = decode_ethereum(transaction);
  if (tx == nullptr) return "malformed";
  // A costed signature is in no curve's range; a real one must be (EIP-2).
  const auto fault = ethereum::validate(real_signatures_ ? with_signature(*tx) : tx->content,
                                        chain_.revision, ledgerlab_chain_id);
  if (fault != ethereum::TransactionFault::none) return ethereum::transaction_fault_name(fault);
  return signed_by_sender(*tx, suite_) ? std::string_view{} : "signature not valid";
}

TxOutcome ContractRules::apply(ethereum::Overlay& overlay, const ethereum::BlockContext& block,
                               const Transaction& transaction, MeteredEngine& engine,
                               contract::Watch& watch, ContractResults& results) {
  const EthereumTransaction& tx = *decode_ethereum(transaction);
  auto outcome =
      ethereum::execute_transaction(overlay, block, tx.content, tx.from, watch, results.use);
  watch.settle();
  const std::size_t index = results.outcomes.size();
  if (outcome.fault != ethereum::TransactionFault::none) {
    // A log protocol orders what was valid when it was proposed: included without effect.
    outcome.receipt.type = static_cast<std::uint8_t>(tx.content.type);
    outcome.receipt.success = false;
    outcome.receipt.cumulative_gas = results.use.gas;
    add_receipt(results.receipts, index, outcome.receipt);
    return TxOutcome::no_effect;
  }
  add_receipt(results.receipts, index, outcome.receipt);
  engine.metered.accounts.insert(tx.from);
  engine.metered.accounts.insert(tx.content.to ? *tx.content.to : outcome.result.created);
  return outcome.receipt.success ? TxOutcome::succeeded : TxOutcome::failed;
}

ledger::BlockResultRef ContractRules::execute(const ledger::State& pre, const Block& block,
                                              const ledger::BlockResult* begun) {
  auto out = std::make_shared<ContractResults>();
  const auto* before = static_cast<const ContractResults*>(begun);
  if (before) *out = *before;
  ethereum::Overlay overlay(world_of(before ? *before->post : pre), chain_.revision);
  const ethereum::BlockContext context = block_context(chain_, block);
  MeteredEngine engine(*engine_);
  engine.metered = std::move(out->metered);
  StateStrikes strikes(overlay);
  // Around the meter: a frame that is cut off takes no computing.
  contract::Watch watch(engine, cut_off_, strikes);
  const auto& transactions = block.payload->transactions;
  for (std::size_t i = out->outcomes.size(); i < transactions.size(); ++i) {
    if (const std::string_view text = fault(*transactions[i]); !text.empty()) {
      auto refused = std::make_shared<ContractResults>();
      refused->reason =
          "transaction " + to_hex(transactions[i]->id).substr(0, 16) + " is " + std::string(text);
      return refused;
    }
    out->outcomes.push_back(apply(overlay, context, *transactions[i], engine, watch, *out));
  }
  out->metered = std::move(engine.metered);
  const Metered& m = out->metered;
  if (!m.accounts.empty()) out->metered.accounts.insert(fee_account());
  out->work = {{Operation::state_update, m.accounts.size()},
               {model_.gas_row, m.gas},
               {Operation::contract_frame, m.frames},
               {Operation::storage_read, m.reads},
               {Operation::storage_write, m.writes}};
  const auto post = std::make_shared<const WorldVersion>(overlay.commit());
  out->post = post;
  out->state_root = post->root();
  out->receipts_root = out->receipts.root();
  out->ok = true;
  return out;
}

Bytes ContractRules::context(const Block& block) const {
  Bytes out;
  codec::Writer writer(out);
  writer(block.height, block.parent);
  return out;
}

void ContractRules::check(const ledger::State& state, Checked& answer) {
  const EthereumTransaction& tx = *decode_ethereum(*answer.transaction);
  const ethereum::Transaction& t = tx.content;
  const auto account = world_of(state).account(tx.from).value_or(ethereum::Account{});
  answer.sender = tx.from;
  answer.nonce = t.nonce;
  answer.next_nonce = account.nonce;
  answer.weight = t.gas_limit;
  const U256 base(chain_.base_fee);
  const auto gas = checked_multiply(t.max_fee, U256(t.gas_limit));
  const auto cost = gas ? checked_add(*gas, t.value) : std::nullopt;
  if (answer.nonce < answer.next_nonce) {
    answer.reason = "nonce used";
  } else if (t.max_fee < base || !cost || account.balance < *cost ||
             t.gas_limit > chain_.block_gas) {
    answer.reason = "unaffordable";
  } else {
    // What it offers above the base fee, for a unit of gas.
    const U256 tip = std::min(t.max_priority_fee, t.max_fee - base);
    answer.fee = std::min(tip, U256(~std::uint64_t{0})).low64();
    answer.ok = true;
  }
}

Queried ContractRules::query(const ledger::State& state, const Address& address) {
  const auto account = world_of(state).account(address).value_or(ethereum::Account{});
  return {address, account.balance, account.nonce, 0};
}

std::optional<TrieProof> ContractRules::prove(const ledger::State& state, const Address& address) {
  return world_of(state).prove(address, {}).proof;
}

std::uint64_t ContractRules::stake(const ledger::State& state, NodeId replica) {
  const Address address = suite_.account(stake_account(replica));
  const auto account = world_of(state).account(address).value_or(ethereum::Account{});
  return std::min(account.balance, U256(~std::uint64_t{0})).low64();
}

// --- snapshots -----------------------------------------------------------------------------------

Bytes ContractRules::serialise(const ledger::State& state) {
  const ethereum::WorldState& world = world_of(state);
  Bytes out;
  codec::Writer writer(out);
  std::map<Hash256, CodeRef> codes;
  std::vector<std::pair<Hash256, Bytes>> leaves;
  world.accounts().visit([&](ByteView key, ByteView value) {
    leaves.emplace_back(hash_of(key), Bytes(value.begin(), value.end()));
    return true;
  });
  writer.varint(leaves.size());
  for (const auto& [key, value] : leaves) {
    writer(key, value);
    Trie storage;
    world.accounts().get(key.view(), storage);
    std::vector<std::pair<Hash256, Bytes>> items;
    storage.visit([&](ByteView item, ByteView content) {
      items.emplace_back(hash_of(item), Bytes(content.begin(), content.end()));
      return true;
    });
    writer.varint(items.size());
    for (const auto& [item, content] : items) writer(item, content);
    const auto account = ethereum::decode_account(value);
    if (account && account->code_hash != ethereum::empty_code_hash()) {
      codes.try_emplace(account->code_hash, world.codes().find(account->code_hash));
    }
  }
  writer.varint(codes.size());
  for (const auto& [hash, code] : codes) writer(code ? code->bytes : Bytes{});
  return out;
}

namespace {

/// Entries of a trie in ascending order of their keys; false if they are not.
bool read_trie(codec::Reader& reader, Trie& trie) {
  std::uint64_t count = 0;
  if (!reader.varint(count, reader.remaining())) return false;
  Hash256 last;
  for (std::uint64_t i = 0; i < count; ++i) {
    Hash256 key;
    Bytes value;
    reader(key, value);
    if (!reader.ok() || value.empty() || (i > 0 && key <= last)) return false;
    trie.insert(key.view(), value);
    last = key;
  }
  return true;
}

}  // namespace

ledger::StateRef ContractRules::deserialise(ByteView bytes) {
  const auto codes = world_of(*genesis_).code_store();
  codec::Reader reader(bytes);
  std::uint64_t count = 0;
  if (!reader.varint(count, reader.remaining())) return nullptr;
  Trie accounts;
  Hash256 last;
  std::vector<Hash256> named;
  for (std::uint64_t i = 0; i < count; ++i) {
    Hash256 key;
    Bytes value;
    Trie storage;
    reader(key, value);
    if (!reader.ok() || (i > 0 && key <= last) || !read_trie(reader, storage)) return nullptr;
    const auto account = ethereum::decode_account(value);
    if (!account || account->storage_root != storage.root()) return nullptr;
    if (account->code_hash != ethereum::empty_code_hash()) named.push_back(account->code_hash);
    accounts.insert(key.view(), value, storage);
    last = key;
  }
  // Each code that is named, once, by ascending hash.
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  if (!reader.varint(count, reader.remaining()) || count != named.size()) return nullptr;
  for (const Hash256& hash : named) {
    Bytes code;
    reader(code);
    if (!reader.ok() || keccak256(code) != hash) return nullptr;
    codes->put(std::move(code));
  }
  if (!reader.finished()) return nullptr;
  return std::make_shared<const WorldVersion>(ethereum::WorldState(std::move(accounts), codes));
}

}  // namespace ledgerlab::account
