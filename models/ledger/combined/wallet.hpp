// How a client pays in a ledger of both models: its payments take turns between coins, balances,
// and the two ways across.
#pragma once

#include "models/parts/account_tx/wallet.hpp"
#include "models/parts/utxo/wallet.hpp"

namespace ledgerlab::combined {

class CombinedWallet final : public Wallet {
 public:
  explicit CombinedWallet(const ModuleContext& context);

  Written write(Crypto crypto, const Load::Item& item, std::uint64_t k) override;
  void skip(const Load::Item&) override {}
  void sent(const Slip& slip) override;
  void settled(const Slip& slip, TxOutcome outcome) override;
  void given_up(const Slip& slip) override;

 private:
  /// Pays keys, or into the balance of the payee's account.
  class Coins final : public utxo::CoinWallet {
   public:
    Coins(const ModuleContext& context, CryptoSuite& suite) : CoinWallet(context), suite_(suite) {}
    bool across = false;
    Bytes key_script(AccountIndex index) { return locks().of(index).script; }

   private:
    Bytes payee_script(const Load::Item& item) override;
    CryptoSuite& suite_;
  };
  /// Set in the number of a slip that is a nonce.
  static constexpr std::uint64_t of_account = std::uint64_t{1} << 63;
  Written transfer(Crypto crypto, const Load::Item& item, std::uint64_t k, bool across);

  Coins coins_;
  NonceBook nonces_;
};

}  // namespace ledgerlab::combined
