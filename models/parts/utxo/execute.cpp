// Execution of blocks on versions of the coin set.
#include "models/parts/utxo/execute.hpp"

namespace ledgerlab::utxo {
namespace {

using bitcoin::Coin;

/// As the engine itself charges (models/contract/script); signatures are charged apart.
constexpr std::uint64_t gas_of_instruction = 50;

/// A chain without clocks in its headers: only heights open a lock, times never do (BIP 65, 68,
/// 112, 113).
bitcoin::BlockPlace place_at(std::uint32_t height) {
  return {height, [](std::uint32_t) { return std::int64_t{0}; }, true};
}

}  // namespace

Execution::Execution(const State& from, std::uint32_t height, Locks& locks, const Policy& policy,
                     const BlockResult* begun)
    : from_(from), height_(height), locks_(locks), policy_(policy), coins_(from) {
  if (begun == nullptr) return;
  result_ = *begun;
  if (result_.fees > 0) coins_.spend(fee_coin());  // it is made anew
}

BlockResult Execution::finish() {
  if (result_.fees > 0) {
    coins_.add(fee_coin(), {fee_transaction(height_, result_.fees).outputs[0], height_, true});
  }
  auto post = std::make_shared<State>(from_);
  post->apply(coins_.changes());
  post->set_height(height_);
  result_.state_root = post->root();
  result_.receipts_root = receipts_root();
  result_.post = std::move(post);
  result_.ok = true;
  result_.work = {{Operation::state_update, result_.moved + (result_.fees > 0 ? 1 : 0)}};
  if (policy_.scripts) {
    result_.work.emplace_back(policy_.gas_row, result_.script_ops * gas_of_instruction);
  }
  return std::move(result_);
}

bitcoin::OutPoint Execution::fee_coin() const {
  return {bitcoin::txid(fee_transaction(height_, result_.fees)), 0};
}

std::string_view Execution::add(const Transaction& transaction) {
  const Decoded* known = decoded(transaction);
  if (const auto fault = form_fault(known, policy_); !fault.empty()) return fault;
  const bitcoin::Transaction& tx = known->tx;
  result_.weight += known->weight;
  if (result_.weight > bitcoin::max_block_weight) return "beyond the block's weight";
  const auto inputs = bitcoin::check_inputs(tx, coins_, height_);
  if (!inputs.fault.empty() || !bitcoin::is_final(tx, height_, 0) ||
      !bitcoin::sequence_locks_hold(tx, inputs.coins, place_at(height_))) {
    result_.outcomes.push_back(TxOutcome::no_effect);
    return {};
  }
  result_.sigop_cost += bitcoin::sigop_cost(tx, inputs.coins, bitcoin::consensus_script_flags);
  if (result_.sigop_cost > max_sigop_cost) return "beyond the block's signature operations";
  if (!locks_.accepts(*known, inputs.coins, Decoded::consensus)) {
    return "not accepted by the scripts of its coins";
  }
  apply(transaction.id, tx, inputs.coins);
  result_.fees += inputs.fee;
  result_.moved += tx.inputs.size() + tx.outputs.size();
  result_.outcomes.push_back(TxOutcome::succeeded);
  result_.effective.push_back(transaction.id);
  return {};
}

void Execution::apply(const TxId& id, const bitcoin::Transaction& tx, std::span<const Coin> spent) {
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    coins_.spend(tx.inputs[i].prevout);
    if (!policy_.scripts) continue;
    result_.script_ops += script_instructions(tx.inputs[i], spent[i].output.script_pubkey);
  }
  for (std::size_t i = 0; i < tx.outputs.size(); ++i) {
    if (bitcoin::is_unspendable(tx.outputs[i].script_pubkey)) continue;
    make({id, static_cast<std::uint32_t>(i)}, tx.outputs[i]);
  }
}

void Execution::make(const bitcoin::OutPoint& point, const bitcoin::TxOut& output) {
  coins_.add(point, {output, height_, false});
}

/// Bitcoin's Merkle root over the fee transaction, if there is one, and what took effect: what a
/// light client's proof leads to (spv.hpp).
Hash256 Execution::receipts_root() const {
  std::vector<Hash256> leaves;
  if (result_.fees > 0) leaves.push_back(bitcoin::txid(fee_transaction(height_, result_.fees)));
  leaves.insert(leaves.end(), result_.effective.begin(), result_.effective.end());
  return bitcoin::merkle_root_of(std::move(leaves)).root;
}

bitcoin::Transaction fee_transaction(std::uint32_t height, bitcoin::Satoshi fees) {
  bitcoin::Transaction tx;
  bitcoin::TxIn& input = tx.inputs.emplace_back();
  bitcoin::push_number(input.script_sig, height);
  bitcoin::push_number(input.script_sig, 0);  // at least two bytes (CheckTransaction)
  tx.outputs.push_back({fees, fee_script()});
  return tx;
}

std::string_view form_fault(const Decoded* transaction, const Policy& policy) {
  if (transaction == nullptr) return "malformed";
  if (!transaction->fault.empty()) return transaction->fault;
  if (policy.scripts) return {};
  for (const bitcoin::TxOut& output : transaction->tx.outputs) {
    if (policy.bridge && bridge_account(output.script_pubkey)) continue;
    if (!bitcoin::is_p2wpkh(output.script_pubkey)) {
      return "malformed: a script other than P2WPKH needs contract = \"script\"";
    }
  }
  return {};
}

std::string fault_text(const Transaction& transaction, std::string_view fault) {
  return "transaction " + to_hex(transaction.id).substr(0, 16) + " is " + std::string(fault);
}

BlockResult execute_payload(const State& pre, const Block& block, Locks& locks,
                            const Policy& policy, const BlockResult* begun) {
  const State& from = begun ? static_cast<const State&>(*begun->post) : pre;
  Execution execution(from, static_cast<std::uint32_t>(block.height), locks, policy, begun);
  const auto& transactions = block.payload->transactions;
  for (std::size_t i = execution.result().outcomes.size(); i < transactions.size(); ++i) {
    const std::string_view fault = execution.add(*transactions[i]);
    if (fault.empty()) continue;
    BlockResult refused;
    refused.reason = fault_text(*transactions[i], fault);
    return refused;
  }
  return execution.finish();
}

std::uint64_t script_instructions(const bitcoin::TxIn& input, ByteView script_pubkey) {
  std::uint64_t count = 0;
  const auto walk = [&](ByteView script) {
    bitcoin::ScriptReader reader(script);
    bitcoin::Instruction instruction;
    while (reader.next(instruction)) ++count;
  };
  walk(input.script_sig);
  walk(script_pubkey);
  if (bitcoin::is_p2wpkh(script_pubkey)) {
    count += 5;  // BIP 143: runs as DUP HASH160 <hash> EQUALVERIFY CHECKSIG
  } else if (bitcoin::is_p2tr(script_pubkey) && input.witness.size() >= 2) {
    walk(input.witness[input.witness.size() - 2]);
  } else if (!input.witness.empty()) {
    walk(input.witness.back());
  }
  return count;
}

Bytes bridge_script(const Address& account) {
  Bytes out{bitcoin::op_return};
  bitcoin::push_data(out, account.view());
  return out;
}

std::optional<Address> bridge_account(ByteView script) {
  if (script.size() != 22 || script[0] != bitcoin::op_return || script[1] != 20)
    return std::nullopt;
  Address account;
  std::copy(script.begin() + 2, script.end(), account.data.begin());
  return account;
}

}  // namespace ledgerlab::utxo
