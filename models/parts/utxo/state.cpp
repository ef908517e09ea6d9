#include "models/parts/utxo/state.hpp"

#include <algorithm>
#include <stdexcept>

namespace ledgerlab::utxo {
namespace {

using bitcoin::Coin;
using bitcoin::OutPoint;

Bytes encode_coin(const Coin& coin) {
  Bytes out;
  bitcoin::write_coin(out, coin);
  return out;
}

std::optional<Coin> decode_coin(ByteView bytes) {
  bitcoin::Reader in(bytes);
  Coin coin = bitcoin::read_coin(in);
  if (!in.done()) return std::nullopt;
  return coin;
}

U256 worth(const Coin& coin) { return U256(static_cast<std::uint64_t>(coin.output.value)); }

}  // namespace

Bytes coin_key(const OutPoint& point) {
  Bytes key;
  bitcoin::write_outpoint(key, point);
  return key;
}

std::optional<Coin> State::find(const OutPoint& point) const {
  const auto bytes = coins_.get(coin_key(point));
  return bytes ? decode_coin(*bytes) : std::nullopt;
}

void State::apply(const bitcoin::CoinChanges& changes) {
  for (const auto& [point, coin] : changes) {
    const Bytes key = coin_key(point);
    if (coin) {
      coins_.insert(key, encode_coin(*coin));
      add_to_owner(coin->output.script_pubkey, worth(*coin), U256());
    } else if (const auto spent = find(point)) {
      add_to_owner(spent->output.script_pubkey, U256(), worth(*spent));
      coins_.erase(key);
    }  // else made and spent by the same block
  }
}

U256 State::balance(ByteView script) const {
  U256 sum;
  if (const auto bytes = owners_.get(script)) {
    bitcoin::Reader in(*bytes);
    for (std::uint64_t& word : sum.words) word = in.u64();
  }
  return sum;
}

void State::add_to_owner(ByteView script, const U256& plus, const U256& minus) {
  const U256 sum = balance(script) + plus - minus;
  if (sum.is_zero()) {
    owners_.erase(script);
    return;
  }
  Bytes value;
  for (const std::uint64_t word : sum.words) bitcoin::put_u64(value, word);
  owners_.insert(script, value);
}

TrieProof State::prove(const OutPoint& point) const { return coins_.prove(coin_key(point)); }

Bytes State::serialise() const {
  Bytes out;
  codec::Writer writer(out);
  writer(height_);
  coins_.by_hash().visit([&](ByteView key, ByteView value) {
    writer.raw(key);
    writer(Bytes(value.begin(), value.end()));
    return true;
  });
  return out;
}

std::optional<State> State::deserialise(ByteView bytes) {
  State state;
  codec::Reader reader(bytes);
  reader(state.height_);
  Hash256 last;
  bool first = true;
  while (reader.remaining() > 0) {
    Hash256 key;
    Bytes value;
    reader(key, value);
    const auto coin = reader.ok() ? decode_coin(value) : std::nullopt;
    if (!coin || (!first && key <= last)) return std::nullopt;
    state.coins_.by_hash().insert(key.view(), value);
    state.add_to_owner(coin->output.script_pubkey, worth(*coin), U256());
    last = key;
    first = false;
  }
  if (!reader.ok()) return std::nullopt;
  return state;
}

bitcoin::Transaction genesis_transaction(AccountIndex index, std::uint64_t balance,
                                         std::uint32_t coins, const Bytes& script) {
  bitcoin::Transaction tx;
  bitcoin::TxIn& input = tx.inputs.emplace_back();
  bitcoin::push_data(input.script_sig, as_bytes("ledgerlab genesis"));
  Bytes number;
  bitcoin::put_u32(number, index);
  bitcoin::push_data(input.script_sig, number);
  // No coin holds more than all money there is.
  constexpr auto most = static_cast<std::uint64_t>(bitcoin::max_money);
  const std::uint64_t count = std::max<std::uint64_t>(coins, balance / most + 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t value = balance / count + (i < balance % count ? 1 : 0);
    if (value == 0) break;
    tx.outputs.push_back({static_cast<bitcoin::Satoshi>(value), script});
  }
  return tx;
}

Policy policy_of(const GenesisSpec& genesis) {
  if (genesis.contract_model == nullptr) return {};
  return {true, genesis.contract_model->gas_row};
}

StateRef genesis_state(const GenesisSpec& genesis, Locks& locks) {
  if (genesis.contracts && !genesis.contracts->empty()) {
    throw std::invalid_argument(
        "ledger \"utxo\" has coins and no contracts to call; take a workload of transfers, or "
        "ledger = \"account\"");
  }
  bitcoin::CoinChanges changes;
  const auto pay = [&](AccountIndex index, std::uint64_t balance, std::uint32_t coins) {
    const auto tx = genesis_transaction(index, balance, coins, locks.of(index).script);
    const Hash256 id = bitcoin::txid(tx);
    for (std::size_t i = 0; i < tx.outputs.size(); ++i) {
      changes[{id, static_cast<std::uint32_t>(i)}] = Coin{tx.outputs[i], 0, false};
    }
  };
  for (AccountIndex i = 0; i < genesis.accounts; ++i) pay(i, genesis.balance, genesis_coins);
  for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
    pay(stake_account(replica), genesis.stakes[replica], 1);
  }
  auto state = std::make_shared<State>();
  state->apply(changes);
  state->root();  // hashes are filled in once, before versions are shared
  return state;
}

}  // namespace ledgerlab::utxo
