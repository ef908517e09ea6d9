#include "models/parts/bitcoin/coins.hpp"

#include <algorithm>

namespace ledgerlab::bitcoin {

void write_coin(Bytes& out, const Coin& coin) {
  put_compact(out, std::uint64_t{coin.height} * 2 + (coin.coinbase ? 1 : 0));
  write_output(out, coin.output);
}

Coin read_coin(Reader& in) {
  Coin coin;
  const std::uint64_t code = in.compact();
  if (code >> 33 != 0) in.fail();
  coin.height = static_cast<std::uint32_t>(code >> 1);
  coin.coinbase = (code & 1) != 0;
  coin.output = read_output(in);
  return coin;
}

std::optional<Coin> MemoryCoins::find(const OutPoint& point) const {
  const auto it = coins_.find(point);
  if (it == coins_.end()) return std::nullopt;
  return it->second;
}

void MemoryCoins::apply(const CoinChanges& changes) {
  for (const auto& [point, coin] : changes) {
    if (coin) {
      coins_.insert_or_assign(point, *coin);
    } else {
      coins_.erase(point);
    }
  }
}

std::optional<Coin> CoinsOverlay::find(const OutPoint& point) const {
  const auto it = changes_.find(point);
  return it != changes_.end() ? it->second : base_.find(point);
}

std::optional<Coin> CoinsOverlay::spend(const OutPoint& point) {
  const auto [it, fresh] = changes_.try_emplace(point);
  if (fresh) it->second = base_.find(point);
  std::optional<Coin> spent = std::move(it->second);
  it->second.reset();
  if (!spent && fresh) changes_.erase(it);
  return spent;
}

void CoinsOverlay::add(const OutPoint& point, Coin coin) {
  changes_.insert_or_assign(point, std::move(coin));
}

Bytes encode_undo(const BlockUndo& undo) {
  Bytes out;
  put_compact(out, undo.spent.size());
  for (const auto& coins : undo.spent) {
    put_compact(out, coins.size());
    for (const Coin& coin : coins) write_coin(out, coin);
  }
  return out;
}

std::optional<BlockUndo> decode_undo(ByteView bytes) {
  Reader in(bytes);
  BlockUndo undo;
  const std::uint64_t transactions = in.length();
  for (std::uint64_t i = 0; i < transactions && in.ok(); ++i) {
    auto& coins = undo.spent.emplace_back();
    const std::uint64_t count = in.length();
    for (std::uint64_t k = 0; k < count && in.ok(); ++k) coins.push_back(read_coin(in));
  }
  if (!in.done()) return std::nullopt;
  return undo;
}

bool disconnect_block(const Block& block, const BlockUndo& undo, CoinsOverlay& coins) {
  if (undo.spent.size() + 1 != block.transactions.size()) return false;
  for (std::size_t i = block.transactions.size(); i-- > 0;) {
    const Transaction& tx = block.transactions[i];
    const Hash256 id = txid(tx);
    for (std::size_t k = 0; k < tx.outputs.size(); ++k) {
      if (is_unspendable(tx.outputs[k].script_pubkey)) continue;
      const auto coin = coins.spend({id, static_cast<std::uint32_t>(k)});
      if (!coin || coin->output != tx.outputs[k] || coin->coinbase != (i == 0)) return false;
    }
    if (i == 0) break;
    const auto& spent = undo.spent[i - 1];
    if (spent.size() != tx.inputs.size()) return false;
    for (std::size_t k = tx.inputs.size(); k-- > 0;) {
      if (coins.find(tx.inputs[k].prevout)) return false;
      coins.add(tx.inputs[k].prevout, spent[k]);
    }
  }
  return true;
}

}  // namespace ledgerlab::bitcoin
