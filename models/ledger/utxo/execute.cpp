// Execution of blocks on versions of the coin set.
#include "models/crypto/hash.hpp"
#include "models/ledger/utxo/state.hpp"

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

class Execution {
 public:
  Execution(const State& from, const Block& block, Locks& locks, const Policy& policy,
            const BlockResult* begun)
      : block_(block),
        height_(static_cast<std::uint32_t>(block.height)),
        locks_(locks),
        policy_(policy),
        coins_(from) {
    if (begun == nullptr) return;
    result_ = *begun;
    if (result_.fees > 0) coins_.spend(fee_coin());  // it is made anew
  }

  BlockResult run(const State& from) {
    const auto& transactions = block_.payload->transactions;
    for (std::size_t i = result_.outcomes.size(); i < transactions.size(); ++i) {
      const std::string_view fault = add(*transactions[i]);
      if (!fault.empty()) return refused(*transactions[i], fault);
    }
    if (result_.fees > 0) {
      coins_.add(fee_coin(), {fee_transaction(height_, result_.fees).outputs[0], height_, true});
    }
    auto post = std::make_shared<State>(from);
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

 private:
  bitcoin::OutPoint fee_coin() const {
    return {bitcoin::txid(fee_transaction(height_, result_.fees)), 0};
  }

  static BlockResult refused(const Transaction& transaction, std::string_view fault) {
    BlockResult out;
    out.reason =
        "transaction " + to_hex(transaction.id).substr(0, 16) + " is " + std::string(fault);
    return out;
  }

  /// Empty, or what makes the block invalid.
  std::string_view add(const Transaction& transaction) {
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

  void apply(const TxId& id, const bitcoin::Transaction& tx, std::span<const Coin> spent) {
    for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
      coins_.spend(tx.inputs[i].prevout);
      if (!policy_.scripts) continue;
      result_.script_ops += script_instructions(tx.inputs[i], spent[i].output.script_pubkey);
    }
    for (std::size_t i = 0; i < tx.outputs.size(); ++i) {
      if (bitcoin::is_unspendable(tx.outputs[i].script_pubkey)) continue;
      coins_.add({id, static_cast<std::uint32_t>(i)}, {tx.outputs[i], height_, false});
    }
  }

  /// Bitcoin's Merkle root over the fee transaction, if there is one, and what took effect: what a
  /// light client's proof leads to (spv.hpp).
  Hash256 receipts_root() const {
    std::vector<Hash256> leaves;
    if (result_.fees > 0) leaves.push_back(bitcoin::txid(fee_transaction(height_, result_.fees)));
    leaves.insert(leaves.end(), result_.effective.begin(), result_.effective.end());
    return bitcoin::merkle_root_of(std::move(leaves)).root;
  }

  const Block& block_;
  std::uint32_t height_;
  Locks& locks_;
  const Policy& policy_;
  bitcoin::CoinsOverlay coins_;
  BlockResult result_;
};

}  // namespace

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
    if (!bitcoin::is_p2wpkh(output.script_pubkey)) {
      return "malformed: a script other than P2WPKH needs contract = \"script\"";
    }
  }
  return {};
}

BlockResult execute_payload(const State& pre, const Block& block, Locks& locks,
                            const Policy& policy, const BlockResult* begun) {
  const State& from = begun ? static_cast<const State&>(*begun->post) : pre;
  return Execution(from, block, locks, policy, begun).run(from);
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

}  // namespace ledgerlab::utxo
