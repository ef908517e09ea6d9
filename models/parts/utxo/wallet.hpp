// How a client pays with coins: it chooses coins of the payer, pays itself the change, and keeps
// book of what its own transactions have spent and made. It knows the coins of genesis and its own
// change; what others pay to its accounts it does not see, as it follows no chain.
#pragma once

#include <map>
#include <vector>

#include "models/api/model_info.hpp"
#include "models/parts/utxo/state.hpp"

namespace ledgerlab::utxo {

class CoinWallet : public Wallet {
 public:
  explicit CoinWallet(const ModuleContext& context);

  Written write(Crypto crypto, const Load::Item& item, std::uint64_t k) override;
  void skip(const Load::Item&) override {}
  void sent(const Slip& slip) override;
  void settled(const Slip& slip, TxOutcome outcome) override;
  void given_up(const Slip& slip) override;

 protected:
  /// What the payment's first output is locked by: the payee's key.
  virtual Bytes payee_script(const Load::Item& item) { return locks_.of(item.payee).script; }
  Locks& locks() { return locks_; }

 private:
  using Number = std::uint64_t;  // of a payment
  struct Coin {
    bitcoin::OutPoint point;
    bitcoin::Satoshi value = 0;
    Number maker = 0;  // the payment whose change it is; 0: genesis, or settled
  };
  struct Payment {
    std::vector<Coin> inputs;
    std::vector<Coin> change;  // none or one
    std::uint64_t fee = 0;
    Number replaces = 0;
  };
  struct Payer {
    std::vector<Coin> coins;        // free to spend, settled ones first
    std::vector<Number> abandoned;  // given up, perhaps still in some pool
  };

  Payer& payer_of(AccountIndex index);
  /// Settled coins first, oldest first, until they are worth `sum`; false if all are not.
  static bool choose(const Payer& payer, std::uint64_t sum, std::vector<Coin>& out);
  bitcoin::Transaction draft(const Payment& payment, const Load::Item& item, std::uint64_t k);
  TxRef sign(Crypto& crypto, bitcoin::Transaction tx, const Payment& payment, AccountIndex owner);
  /// False: it spends change of a payment that will never be.
  bool possible(const Payment& payment) const;
  /// A payment that will never be, and its change.
  void forget(Payer& payer, Number number);

  Locks locks_;
  std::uint64_t genesis_balance_;
  Number next_ = 1;
  Payment written_;  // by the last write(), under the number next_
  std::map<AccountIndex, Payer> payers_;
  std::map<Number, Payment> open_;  // sent, and neither settled nor replaced
};

}  // namespace ledgerlab::utxo
