// Wallets of ledgers with nonces: which nonce a payer's next transaction takes, and the wallet of
// plain transfers.
#pragma once

#include "models/api/wallet.hpp"
#include "models/base/lookup.hpp"

namespace ledgerlab {

/// The nonces of a client's own payers.
class NonceBook {
 public:
  /// Nonce and fee of the item's transaction.
  Wallet::Slip next(const Load::Item& item);
  void skip(const Load::Item& item) { open(item); }
  void sent(const Wallet::Slip& slip);
  /// The nonce was not used and will not be: left empty it would block all that follow.
  void free(const Wallet::Slip& slip);

 private:
  /// The next of this payer takes it, with a fee that outbids what may still lie in some pool.
  struct Hole {
    std::uint64_t nonce;
    std::uint64_t fee;
  };
  struct Payer {
    std::uint64_t next = 0;
    std::vector<Hole> holes;  // ascending
  };
  Payer& open(const Load::Item& item);

  Lookup<AccountIndex, Payer> payers_;
};

/// Writes plain transfers; the item's number k stands in their data, and `memo` bytes after it.
class TransferWallet final : public Wallet {
 public:
  explicit TransferWallet(std::uint64_t memo = 0) : memo_(memo) {}
  Written write(Crypto crypto, const Load::Item& item, std::uint64_t k) override;
  void skip(const Load::Item& item) override { nonces_.skip(item); }
  void sent(const Slip& slip) override { nonces_.sent(slip); }
  void settled(const Slip& slip, TxOutcome outcome) override {
    if (outcome == TxOutcome::no_effect) nonces_.free(slip);
  }
  void given_up(const Slip& slip) override { nonces_.free(slip); }

 private:
  std::uint64_t memo_;
  NonceBook nonces_;
};

}  // namespace ledgerlab
