// Transactions of a pool that are tied by what they spend (UTXO ledgers): who spends which output,
// and who spends from whom. Conflicts, ancestors and descendants, and what a package of them pays:
// the facts behind BIP 125 replacement, package selection and package eviction.
#pragma once

#include <algorithm>
#include <vector>

#include "models/api/calls.hpp"
#include "models/base/int128.hpp"
#include "models/base/lookup.hpp"
#include "models/mempool/pool/items.hpp"

namespace ledgerlab::pool {

/// What some transactions offer and take together.
struct Package {
  Uint128 fee = 0;  // in thousandths of the ledger's unit
  std::uint64_t weight = 0;
  void add(const Item& item) {
    fee += Uint128{item.fee()} * std::max<std::uint64_t>(item.weight(), 1);
    weight += std::max<std::uint64_t>(item.weight(), 1);
  }
  /// As Item::fee: for 1,000 units of weight.
  std::uint64_t rate() const { return weight == 0 ? 0 : static_cast<std::uint64_t>(fee / weight); }
};

class Spends {
 public:
  explicit Spends(Items& items) : items_(items) {}

  /// An item whose parents, as far as they are in the pool, are in already; of one that is in, what
  /// its parents are now.
  void add(const Item& item, std::shared_ptr<const TxSpends> spends);
  /// Its children have no tie to it any more.
  void remove(const Item& item);
  bool empty() const { return nodes_.empty(); }
  bool holds(const Item& item) const { return nodes_.contains(item.place); }

  /// Who spends one of these outputs, each once.
  std::vector<Place32> conflicts(const TxSpends& spends) const;
  /// Those of the parents that are in the pool.
  std::vector<Place32> parents(const TxSpends& spends) const;
  /// All from which these spend, themselves included: every one after its own ancestors.
  std::vector<Place32> ancestors(const std::vector<Place32>& of) const;
  /// All that spend from these, themselves included: every one after its own ancestors.
  std::vector<Place32> descendants(const std::vector<Place32>& of) const;
  /// It, or one from which it spends, says that a conflict may replace it (BIP 125, rule 1).
  bool replaceable(Place32 place) const;
  const TxSpends& spends(Place32 place) const { return *nodes_.find(place)->spends; }

 private:
  struct Node {
    std::shared_ptr<const TxSpends> spends;
    std::vector<Place32> parents;
    std::vector<Place32> children;
  };
  using Side = std::vector<Place32> Node::*;
  std::vector<Place32> reach(const std::vector<Place32>& from, Side side) const;
  std::vector<Place32> in_order(std::vector<Place32> places) const;

  Items& items_;
  Lookup<Place32, Node> nodes_;
  Lookup<Hash256, Place32, WordHash> spender_;
};

}  // namespace ledgerlab::pool
