// What pools know of a transaction, once for all pools of a world: ten thousand nodes hold the same
// ones, and their ledgers say the same of them.
#pragma once

#include <memory>

#include "models/api/block.hpp"
#include "models/base/flat_map.hpp"
#include "models/base/lookup.hpp"

namespace ledgerlab {
class CryptoSuite;
}

namespace ledgerlab::pool {

/// Numbers are names by which a pool finds its own: the transactions have even ones, their senders
/// odd ones. Nothing is ordered by them. There are two thousand million.
struct SenderFacts {
  Address address;
  std::uint32_t number = 0;
  std::uint32_t references = 0;
};

struct Facts {
  TxRef tx;
  /// What the ledger said of it; null: nothing yet.
  SenderFacts* sender = nullptr;
  std::uint64_t nonce = 0;
  std::uint64_t fee = 0;
  std::uint64_t weight = 0;  // of a block's
  Facts* shared = nullptr;   // itself, or where it differs from what others know
  std::uint32_t number = 0;  // of the shared ones
  std::uint32_t references = 0;
  bool named = false;  // a sender has its odd number

  bool says(const Address& whose, std::uint64_t its_nonce, std::uint64_t pays,
            std::uint64_t weighs) const {
    return sender && sender->address == whose && nonce == its_nonce && fee == pays &&
           weight == weighs;
  }
};

class Catalogue {
 public:
  Catalogue() = default;
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;
  /// Of the world that this suite belongs to; null: of nobody else.
  static std::shared_ptr<Catalogue> of(const CryptoSuite* suite);

  /// Null if no pool holds it.
  const Facts* find(const TxId& id);
  const SenderFacts* find(const Address& address);
  /// One more holds it.
  const Facts* hold(const TxRef& tx);
  void let_go(const Facts* facts);
  /// What the ledger of one of the holders says: what it holds from now on.
  const Facts* learn(const Facts* facts, const Address& sender, std::uint64_t nonce,
                     std::uint64_t fee, std::uint64_t weight);
  /// One of the holders has it with another witness.
  const Facts* replace(const Facts* facts, const TxRef& tx);

  std::size_t size() const { return transactions_.size(); }
  std::size_t senders() const { return senders_.size(); }

 private:
  static Facts* own(const Facts* facts) { return const_cast<Facts*>(facts); }
  /// Those that only one holder has: itself, or as they are.
  static Facts* apart(Facts* facts);
  SenderFacts* hold_sender(const Address& address, Facts& shared);
  void let_go(SenderFacts* sender);

  Lookup<TxId, Facts, WordHash> transactions_;
  Lookup<Address, SenderFacts, WordHash> senders_;
  Facts* last_ = nullptr;  // found last: asked for again at once
  SenderFacts* last_sender_ = nullptr;
  std::uint32_t next_ = 0;
};

}  // namespace ledgerlab::pool
