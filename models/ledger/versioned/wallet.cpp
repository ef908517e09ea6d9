#include "models/ledger/versioned/wallet.hpp"

#include "models/ledger/versioned/rules.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/contract/call_input.hpp"

namespace ledgerlab::versioned {

ProposalWallet::ProposalWallet(const ModuleContext& context)
    : suite_(*context.suite),
      engine_(context.genesis.contract_model),
      contracts_(context.genesis.contracts),
      first_number_(std::uint64_t{context.client_index} << 40) {}

Wallet::Written ProposalWallet::write(Crypto crypto, const Load::Item& item, std::uint64_t k) {
  pipeline::Proposal p;
  p.chain_id = ledgerlab_chain_id;
  p.number = first_number_ + k;
  p.value = U256(item.amount);
  if (!item.call) {
    p.to = crypto.account(item.payee);
  } else if (item.call->deploy) {
    p.create = true;
    p.input = contract::creation_input(contracts_->at(item.call->contract), item.call->arguments,
                                       suite_, *engine_);
    p.gas = item.call->gas;
  } else {
    p.to = contract_address(suite_, item.call->contract);
    p.input = contract::call_input(*item.call, suite_);
    p.gas = item.call->gas;
  }
  return {pipeline::sign_proposal(crypto, item.payer, std::move(p)), {item.payer, k, item.fee}};
}

}  // namespace ledgerlab::versioned
