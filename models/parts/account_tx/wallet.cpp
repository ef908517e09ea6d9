#include "models/parts/account_tx/wallet.hpp"

#include <algorithm>

#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab {
namespace {

/// A pool takes another transaction for a nonce it holds only for a higher fee; an eighth more is
/// what Bitcoin's and Ethereum's pools ask for at most.
std::uint64_t outbid(std::uint64_t fee) { return fee + fee / 8 + 1; }

}  // namespace

NonceBook::Payer& NonceBook::open(const Load::Item& item) {
  const auto [payer, first] = payers_.try_emplace(item.payer);
  if (first) payer->next = item.nonce;
  return *payer;
}

Wallet::Slip NonceBook::next(const Load::Item& item) {
  const Payer& payer = open(item);
  if (payer.holes.empty()) return {item.payer, payer.next, item.fee};
  const Hole& hole = payer.holes.front();
  return {item.payer, hole.nonce, std::max(item.fee, outbid(hole.fee))};
}

void NonceBook::sent(const Wallet::Slip& slip) {
  Payer& payer = payers_[slip.payer];
  if (!payer.holes.empty()) {
    payer.holes.erase(payer.holes.begin());
  } else {
    ++payer.next;
  }
}

void NonceBook::free(const Wallet::Slip& slip) {
  std::vector<Hole>& holes = payers_[slip.payer].holes;
  const Hole hole{slip.number, slip.fee};
  holes.insert(
      std::find_if(holes.begin(), holes.end(), [&](const Hole& h) { return h.nonce > hole.nonce; }),
      hole);
}

Wallet::Written TransferWallet::write(Crypto crypto, const Load::Item& item, std::uint64_t k) {
  const Slip slip = nonces_.next(item);
  Transfer transfer;
  transfer.nonce = slip.number;
  transfer.to = crypto.account(item.payee);
  transfer.value = U256(item.amount);
  transfer.fee = slip.fee;
  // Two offers of one nonce (after a drop) are two transactions.
  for (std::size_t i = 8; i-- > 0;) transfer.data.push_back(static_cast<Byte>(k >> (8 * i)));
  transfer.data.resize(transfer.data.size() + memo_);
  return {sign_transfer(crypto, item.payer, std::move(transfer)), slip};
}

}  // namespace ledgerlab
