// The wallet of the account ledger with contracts: Ethereum's transactions of type 2 (type 0 under
// rules before London), a transfer or a call each.
#pragma once

#include "models/ledger/account/chain.hpp"
#include "models/parts/account_tx/wallet.hpp"

namespace ledgerlab::account {

class ContractWallet final : public Wallet {
 public:
  explicit ContractWallet(const ModuleContext& context)
      : chain_(context.genesis),
        contracts_(context.genesis.contracts),
        engine_(*context.genesis.contract_model),
        suite_(*context.suite) {}

  Written write(Crypto crypto, const Load::Item& item, std::uint64_t k) override;
  void skip(const Load::Item& item) override { nonces_.skip(item); }
  void sent(const Slip& slip) override { nonces_.sent(slip); }
  /// A failed one has used its nonce up.
  void settled(const Slip& slip, TxOutcome outcome) override {
    if (outcome == TxOutcome::no_effect) nonces_.free(slip);
  }
  void given_up(const Slip& slip) override { nonces_.free(slip); }

 private:
  Chain chain_;
  std::shared_ptr<const std::vector<GenesisContract>> contracts_;
  const ModelInfo& engine_;
  CryptoSuite& suite_;
  NonceBook nonces_;
};

}  // namespace ledgerlab::account
