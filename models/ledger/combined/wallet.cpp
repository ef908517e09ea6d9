#include "models/ledger/combined/wallet.hpp"

#include "models/ledger/combined/rules.hpp"

namespace ledgerlab::combined {
namespace {

ModuleContext with_coins(ModuleContext context) {
  context.genesis = coin_genesis(context.genesis);
  return context;
}

}  // namespace

CombinedWallet::CombinedWallet(const ModuleContext& context)
    : coins_(with_coins(context), *context.suite) {}

Bytes CombinedWallet::Coins::payee_script(const Load::Item& item) {
  return across ? utxo::bridge_script(suite_.account(item.payee)) : key_script(item.payee);
}

Wallet::Written CombinedWallet::write(Crypto crypto, const Load::Item& item, std::uint64_t k) {
  // Mixed, because payers take turns by k too.
  const std::uint64_t turn = (k * 0x9e3779b97f4a7c15ull) >> 61;
  if (turn == 6 || turn % 2 == 1) {
    Load::Item own = item;
    own.nonce = 0;  // the load counts what its payers do with coins too
    return transfer(crypto, own, k, turn == 6);
  }
  coins_.across = turn == 4;
  return coins_.write(crypto, item, k);
}

Wallet::Written CombinedWallet::transfer(Crypto crypto, const Load::Item& item, std::uint64_t k,
                                         bool across) {
  Slip slip = nonces_.next(item);
  Transfer transfer;
  transfer.nonce = slip.number;
  transfer.value = U256(item.amount);
  transfer.fee = slip.fee;
  if (across) {
    transfer.to = bridge_address();
    transfer.data = coins_.key_script(item.payee);
    transfer.fee += k % 16;  // two offers of one nonce are two transactions
  } else {
    transfer.to = crypto.account(item.payee);
    for (std::size_t i = 8; i-- > 0;) transfer.data.push_back(static_cast<Byte>(k >> (8 * i)));
  }
  slip.fee = transfer.fee;
  slip.number |= of_account;
  return {sign_transfer(crypto, item.payer, std::move(transfer)), slip};
}

void CombinedWallet::sent(const Slip& slip) {
  if ((slip.number & of_account) == 0) return coins_.sent(slip);
  nonces_.sent({slip.payer, slip.number & ~of_account, slip.fee});
}

void CombinedWallet::settled(const Slip& slip, TxOutcome outcome) {
  if ((slip.number & of_account) == 0) return coins_.settled(slip, outcome);
  if (outcome == TxOutcome::no_effect)
    nonces_.free({slip.payer, slip.number & ~of_account, slip.fee});
}

void CombinedWallet::given_up(const Slip& slip) {
  if ((slip.number & of_account) == 0) return coins_.given_up(slip);
  nonces_.free({slip.payer, slip.number & ~of_account, slip.fee});
}

}  // namespace ledgerlab::combined
