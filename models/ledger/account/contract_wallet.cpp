#include "models/ledger/account/contract_wallet.hpp"

#include "models/ledger/account/ethereum_tx.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/contract/call_input.hpp"

namespace ledgerlab::account {
namespace {

constexpr std::uint64_t transfer_gas = 21'000;
/// Two offers of one nonce (after a drop) are two transactions: their gas limits differ.
constexpr std::uint64_t spread = 4'096;

}  // namespace

Wallet::Written ContractWallet::write(Crypto crypto, const Load::Item& item, std::uint64_t k) {
  const Slip slip = nonces_.next(item);
  ethereum::Transaction t;
  t.type = chain_.revision >= Revision::london ? ethereum::TransactionType::dynamic_fee
                                               : ethereum::TransactionType::legacy;
  t.chain_id = ledgerlab_chain_id;
  t.nonce = slip.number;
  t.max_fee = U256(slip.fee) + U256(chain_.base_fee);
  t.max_priority_fee = t.type == ethereum::TransactionType::legacy ? t.max_fee : U256(slip.fee);
  t.value = U256(item.amount);
  t.gas_limit = transfer_gas;
  if (!item.call) {
    t.to = crypto.account(item.payee);
  } else if (item.call->deploy) {
    t.data = contract::creation_input(contracts_->at(item.call->contract), item.call->arguments,
                                      suite_, engine_);
    t.gas_limit = item.call->gas;
  } else {
    t.to = contract_address(chain_, suite_, item.call->contract);
    t.data = contract::call_input(*item.call, suite_);
    t.gas_limit = item.call->gas;
  }
  t.gas_limit += k % spread;
  return {sign_ethereum(crypto, item.payer, std::move(t)), slip};
}

}  // namespace ledgerlab::account
