#include "models/parts/utxo/rules.hpp"

#include <algorithm>
#include <map>

namespace ledgerlab::utxo {
namespace {

constexpr std::size_t seen_most = 1 << 16;
/// Bitcoin Core relays nothing heavier (MAX_STANDARD_TX_WEIGHT).
constexpr std::size_t max_standard_weight = 400'000;
/// From here on an input says that its transaction may be replaced (BIP 125).
constexpr std::uint32_t replaceable_below = 0xfffffffe;
/// A transaction takes the block's weight that it has, or its share of the signature operations.
constexpr std::size_t weight_of_sigop = bitcoin::max_block_weight / max_sigop_cost;

const State& of(const ledger::State& state) { return static_cast<const State&>(state); }

}  // namespace

Rules::Rules(const GenesisSpec& genesis, CryptoSuite& suite, bool bridge)
    : genesis_(genesis), locks_(suite), policy_(policy_of(genesis)) {
  policy_.bridge = bridge;
  const auto note = [&](AccountIndex index) {
    scripts_.try_emplace(suite.account(index), locks_.of(index).script);
  };
  for (AccountIndex i = 0; i < genesis.accounts; ++i) note(i);
  for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
    note(stake_account(replica));
  }
}

std::string_view Rules::fault(const Transaction& transaction) {
  return form_fault(decoded(transaction), policy_);
}

/// Signatures, as far as the coins are known: in the adopted state or made by the block itself.
/// What spends outputs of undecided blocks is judged when the block is executed.
std::string_view Rules::block_fault(const ledger::State& head, const Block& block) {
  bitcoin::CoinsOverlay coins(of(head));
  std::size_t weight = 0;
  for (const TxRef& transaction : block.payload->transactions) {
    if (!transaction->witnessed) continue;  // not of coins, in a ledger of both
    const Decoded& known = *decoded(*transaction);
    weight += known.weight;
    std::vector<bitcoin::Coin> spent;
    for (const bitcoin::TxIn& input : known.tx.inputs) {
      if (auto coin = coins.find(input.prevout)) spent.push_back(std::move(*coin));
    }
    if (spent.size() == known.tx.inputs.size() &&
        !locks_.accepts(known, spent, Decoded::consensus)) {
      return "not accepted by the scripts of its coins";
    }
    for (std::size_t i = 0; i < known.tx.outputs.size(); ++i) {
      coins.add({transaction->id, static_cast<std::uint32_t>(i)}, {known.tx.outputs[i], 0, false});
    }
  }
  return weight > bitcoin::max_block_weight ? "beyond the block's weight" : "";
}

/// One for a key, those that a script of BIP 141 asks for; BIP 340's count as these.
std::uint32_t Rules::signatures(const Transaction& transaction) {
  const Decoded* known = decoded(transaction);
  if (known == nullptr) return 1;
  std::size_t count = 0;
  for (const bitcoin::TxIn& input : known->tx.inputs) {
    const bool script = input.witness.size() > 2;
    count +=
        std::max<std::size_t>(1, script ? bitcoin::count_sigops(input.witness.back(), true) : 0);
  }
  return static_cast<std::uint32_t>(count);
}

ledger::BlockResultRef Rules::execute(const ledger::State& pre, const Block& block,
                                      const ledger::BlockResult* begun) {
  return std::make_shared<BlockResult>(
      execute_payload(of(pre), block, locks_, policy_, static_cast<const BlockResult*>(begun)));
}

Bytes Rules::context(const Block& block) const {
  Bytes out;
  bitcoin::put_u64(out, block.height);
  return out;
}

Rules::Inputs Rules::inputs_of(const State& state, const bitcoin::Transaction& tx) const {
  Inputs out;
  for (const bitcoin::TxIn& input : tx.inputs) {
    if (auto coin = state.find(input.prevout)) {
      out.coins.push_back(std::move(*coin));
      continue;
    }
    out.parents.push_back(input.prevout.txid);
    const TxRef* parent = seen_.find(input.prevout.txid);
    const auto* outputs = parent != nullptr ? &decoded(**parent)->tx.outputs : nullptr;
    if (outputs == nullptr || input.prevout.index >= outputs->size()) {
      out.complete = false;
      continue;
    }
    out.coins.push_back({(*outputs)[input.prevout.index], state.height() + 1, false});
  }
  std::sort(out.parents.begin(), out.parents.end());
  out.parents.erase(std::unique(out.parents.begin(), out.parents.end()), out.parents.end());
  return out;
}

void Rules::remember(const TxRef& transaction) {
  if (!seen_.try_emplace(transaction->id, transaction).second) return;
  seen_order_.push(transaction->id);
  if (seen_order_.size() > seen_most) seen_.erase(seen_order_.pop());
}

/// A transaction is a sender of its own with the nonce 0, so that pools order it by fee alone; what
/// it spends says with which others it cannot stand.
void Rules::check(const ledger::State& state, Checked& answer) {
  const Decoded& known = *decoded(*answer.transaction);
  const bitcoin::Transaction& tx = known.tx;
  const auto& id = answer.transaction->id.data;
  std::copy_n(id.begin(), answer.sender.data.size(), answer.sender.data.begin());
  Inputs inputs = inputs_of(of(state), tx);
  auto spends = std::make_shared<TxSpends>();
  spends->outputs = known.spends;
  spends->parents = std::move(inputs.parents);
  spends->replaceable = std::any_of(tx.inputs.begin(), tx.inputs.end(), [](const auto& input) {
    return input.sequence < replaceable_below;
  });
  answer.spends = std::move(spends);
  // Its own coins are there already: it asks again (Bitcoin Core: txn-already-known). Without them
  // a spent coin cannot be told from one of a parent that waits.
  bool known_already = false;
  for (std::size_t i = 0; i < tx.outputs.size() && !answer.spends->parents.empty(); ++i) {
    const bitcoin::OutPoint own{answer.transaction->id, static_cast<std::uint32_t>(i)};
    known_already = known_already || of(state).find(own);
  }
  if (known_already) {
    answer.next_nonce = 1;
    answer.reason = "included already";
    return;
  }
  if (!inputs.complete) {
    answer.reason = "missing inputs";  // spent, or of a parent on its way
    return;
  }
  bitcoin::Satoshi fee = 0;
  for (const bitcoin::Coin& coin : inputs.coins) fee += coin.output.value;
  for (const bitcoin::TxOut& output : tx.outputs) fee -= output.value;
  const std::size_t sigops = bitcoin::sigop_cost(tx, inputs.coins, bitcoin::standard_script_flags);
  answer.weight = std::max(known.weight, sigops * weight_of_sigop);
  const std::uint32_t next = of(state).height() + 1;
  const bitcoin::BlockPlace place{next, [](std::uint32_t) { return std::int64_t{0}; }, true};
  if (fee < 0) {
    answer.reason = "unaffordable";
    return;
  }
  answer.fee =
      static_cast<std::uint64_t>(Uint128{static_cast<std::uint64_t>(fee)} * 1'000 / answer.weight);
  if (answer.weight > max_standard_weight) {
    answer.reason = "heavier than what is relayed";
  } else if (!locks_.accepts(known, inputs.coins, Decoded::policy)) {
    answer.reason = "signature or script not valid";
  } else if (!bitcoin::is_final(tx, next, 0) ||
             !bitcoin::sequence_locks_hold(tx, inputs.coins, place) ||
             std::any_of(inputs.coins.begin(), inputs.coins.end(), [&](const auto& coin) {
               return coin.coinbase && next < coin.height + bitcoin::coinbase_maturity;
             })) {
    answer.reason = "not final yet";
  } else {
    answer.ok = true;
    remember(answer.transaction);
  }
}

Queried Rules::query(const ledger::State& state, const Address& address) {
  const Bytes* script = scripts_.find(address);
  return {address, script != nullptr ? of(state).balance(*script) : U256(), 0, 0};
}

std::uint64_t Rules::stake(const ledger::State& state, NodeId replica) {
  const U256 balance = of(state).balance(locks_.of(stake_account(replica)).script);
  return std::min(balance, U256(~std::uint64_t{0})).low64();
}

Bytes Rules::serialise(const ledger::State& state) { return of(state).serialise(); }

ledger::StateRef Rules::deserialise(ByteView bytes) {
  auto parsed = State::deserialise(bytes);
  return parsed ? std::make_shared<const State>(std::move(*parsed)) : nullptr;
}

}  // namespace ledgerlab::utxo
