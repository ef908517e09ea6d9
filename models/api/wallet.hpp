// How a client writes transactions of its system's ledger: it turns what the load asks for into
// signed bytes and keeps what it must know for the next one (nonces, coins). The client module asks
// it; it says nothing on the network and has no time.
#pragma once

#include "models/api/block.hpp"
#include "models/api/crypto.hpp"
#include "models/api/load.hpp"

namespace ledgerlab {

class Wallet {
 public:
  /// What the wallet wants back when the fate of a transaction is known.
  struct Slip {
    AccountIndex payer = 0;
    std::uint64_t number = 0;  // its nonce, or the wallet's own name for what it spends
    std::uint64_t fee = 0;     // offered
  };
  struct Written {
    TxRef transaction;
    Slip slip;
    bool payable = true;  // false: nothing to pay with; the client drops it unsent
  };
  virtual ~Wallet() = default;
  /// The transaction for the load's k-th item. Nothing is taken before sent() says so; until then
  /// the next one may use the same. Two that are written have two ids.
  virtual Written write(Crypto crypto, const Load::Item& item, std::uint64_t k) = 0;
  /// The item became a read instead.
  virtual void skip(const Load::Item& item) = 0;
  /// It is on its way: what it uses is taken. The same transaction is asked for again until there
  /// is an answer; only what is given up is replaced, by a later one that uses the same.
  virtual void sent(const Slip& slip) = 0;
  /// It is final, with this outcome; nobody asks for it any more.
  virtual void settled(const Slip& slip, TxOutcome outcome) = 0;
  /// Nobody asks for it any more, and it may still lie in some pool: who uses the same outbids it.
  virtual void given_up(const Slip& slip) = 0;
};

}  // namespace ledgerlab
