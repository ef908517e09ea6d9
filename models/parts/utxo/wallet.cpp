#include "models/parts/utxo/wallet.hpp"

#include <algorithm>

#include "models/parts/bitcoin/sighash.hpp"

namespace ledgerlab::utxo {
namespace {

/// BIP 68's bit that switches relative locks off; what is below it is free. A number in it makes
/// two payments of the same coins two transactions, and being below 0xfffffffe it says that the
/// payment may be replaced (BIP 125).
constexpr std::uint32_t free_sequence = 1u << 31;
constexpr std::uint32_t sequence_numbers = 1u << 30;

/// An eighth more than what is replaced, as pools ask for at most.
std::uint64_t outbid(std::uint64_t fee) { return fee + fee / 8 + 1; }

}  // namespace

CoinWallet::CoinWallet(const ModuleContext& context)
    : locks_(*context.suite), genesis_balance_(context.genesis.balance) {}

CoinWallet::Payer& CoinWallet::payer_of(AccountIndex index) {
  const auto [it, first] = payers_.try_emplace(index);
  if (first) {
    const auto tx =
        genesis_transaction(index, genesis_balance_, genesis_coins, Bytes(locks_.of(index).script));
    const Hash256 id = bitcoin::txid(tx);
    for (std::size_t i = 0; i < tx.outputs.size(); ++i) {
      it->second.coins.push_back({{id, static_cast<std::uint32_t>(i)}, tx.outputs[i].value, 0});
    }
  }
  return it->second;
}

bool CoinWallet::choose(const Payer& payer, std::uint64_t sum, std::vector<Coin>& out) {
  std::uint64_t worth = 0;
  for (const Coin& coin : out) worth += static_cast<std::uint64_t>(coin.value);
  for (const bool settled : {true, false}) {
    for (const Coin& coin : payer.coins) {
      if (worth >= sum) return true;
      if ((coin.maker == 0) != settled) continue;
      out.push_back(coin);
      worth += static_cast<std::uint64_t>(coin.value);
    }
  }
  return worth >= sum;
}

bitcoin::Transaction CoinWallet::draft(const Payment& payment, const Load::Item& item,
                                       std::uint64_t k) {
  bitcoin::Transaction tx;
  for (const Coin& coin : payment.inputs) {
    bitcoin::TxIn& input = tx.inputs.emplace_back();
    input.prevout = coin.point;
    input.sequence = free_sequence | static_cast<std::uint32_t>(k % sequence_numbers);
  }
  tx.outputs.push_back({static_cast<bitcoin::Satoshi>(item.amount), payee_script(item)});
  for (const Coin& change : payment.change) {
    tx.outputs.push_back({change.value, Bytes(locks_.of(item.payer).script)});
  }
  return tx;
}

Wallet::Written CoinWallet::write(Crypto crypto, const Load::Item& item, std::uint64_t k) {
  Payer& payer = payer_of(item.payer);
  written_ = {};
  written_.fee = item.fee;
  while (!payer.abandoned.empty() && !possible(open_.at(payer.abandoned.front()))) {
    forget(payer, payer.abandoned.front());
    payer.abandoned.erase(payer.abandoned.begin());
  }
  if (!payer.abandoned.empty()) {
    // BIP 125: the same coins for a higher fee, so that only one of the two can come to pass.
    written_.replaces = payer.abandoned.front();
    const Payment& old = open_.at(written_.replaces);
    written_.inputs = old.inputs;
    written_.fee = std::max(written_.fee, outbid(old.fee));
  }
  const std::uint64_t sum = item.amount + written_.fee;
  const bool payable = sum >= item.amount &&
                       sum <= static_cast<std::uint64_t>(bitcoin::max_money) &&
                       choose(payer, sum, written_.inputs);
  bitcoin::Satoshi worth = 0;
  for (const Coin& coin : written_.inputs) worth += coin.value;
  if (payable && worth > static_cast<bitcoin::Satoshi>(sum)) {
    written_.change = {{{}, worth - static_cast<bitcoin::Satoshi>(sum), next_}};
  }
  const TxRef tx = sign(crypto, draft(written_, item, k), written_, item.payer);
  for (Coin& change : written_.change) change.point = {tx->id, 1};
  return {tx, {item.payer, next_, written_.fee}, payable};
}

TxRef CoinWallet::sign(Crypto& crypto, bitcoin::Transaction tx, const Payment& payment,
                       AccountIndex owner) {
  const bitcoin::TransactionHashes hashes(tx, {});
  for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
    locks_.sign(tx, i, payment.inputs[i].value, hashes, owner,
                [&](AccountIndex index, const Hash256& digest) {
                  return crypto.sign_transaction(index, digest);
                });
  }
  return make_envelope(tx);
}

void CoinWallet::sent(const Slip& slip) {
  Payer& payer = payer_of(slip.payer);
  if (written_.replaces != 0) {
    std::erase(payer.abandoned, written_.replaces);
    forget(payer, written_.replaces);
  }
  std::erase_if(payer.coins, [&](const Coin& coin) {
    return std::any_of(written_.inputs.begin(), written_.inputs.end(),
                       [&](const Coin& input) { return input.point == coin.point; });
  });
  payer.coins.insert(payer.coins.end(), written_.change.begin(), written_.change.end());
  open_[next_++] = std::move(written_);
  written_ = {};
}

void CoinWallet::settled(const Slip& slip, TxOutcome outcome) {
  const auto it = open_.find(slip.number);
  if (it == open_.end()) return;
  Payer& payer = payer_of(slip.payer);
  if (outcome == TxOutcome::succeeded) {
    const auto settle = [&](Coin& coin) {
      if (coin.maker == slip.number) coin.maker = 0;
    };
    std::for_each(payer.coins.begin(), payer.coins.end(), settle);
    for (auto& [number, payment] : open_) {
      std::for_each(payment.inputs.begin(), payment.inputs.end(), settle);
    }
    open_.erase(it);
  } else {
    // Another transaction has spent its coins, or they never came to be: they are lost.
    forget(payer, slip.number);
  }
}

void CoinWallet::given_up(const Slip& slip) {
  const auto it = open_.find(slip.number);
  if (it == open_.end()) return;
  Payer& payer = payer_of(slip.payer);
  if (possible(it->second)) {
    payer.abandoned.push_back(slip.number);
  } else {
    forget(payer, slip.number);
  }
}

bool CoinWallet::possible(const Payment& payment) const {
  return std::all_of(payment.inputs.begin(), payment.inputs.end(), [&](const Coin& coin) {
    return coin.maker == 0 || open_.contains(coin.maker);
  });
}

/// Payments that spend its change are given up by the client in their time, and end there.
void CoinWallet::forget(Payer& payer, Number number) {
  std::erase_if(payer.coins, [&](const Coin& coin) { return coin.maker == number; });
  open_.erase(number);
}

}  // namespace ledgerlab::utxo
