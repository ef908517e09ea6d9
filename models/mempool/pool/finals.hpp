// Which transactions were final lately, and where: for clients that ask again. Blocks are kept by
// reference; the index over their transactions is made only when somebody asks.
#pragma once

#include <vector>

#include "models/api/block.hpp"
#include "models/base/fifo.hpp"
#include "models/base/lookup.hpp"

namespace ledgerlab::pool {

class Finals {
 public:
  struct Place {
    Height height = 0;
    BlockId block;
    TxOutcome outcome = TxOutcome::no_effect;
  };

  /// Keeps at least the last block and no more than `limit` transactions beyond it.
  explicit Finals(std::size_t limit) : limit_(limit) {}

  void add(const BlockRef& block, std::vector<TxOutcome> outcomes);
  /// Null if it is not known to be final.
  const Place* find(const TxId& id);
  std::size_t size() const { return transactions_; }

 private:
  struct Entry {
    BlockRef block;
    std::vector<TxOutcome> outcomes;
  };

  std::size_t limit_;
  std::size_t transactions_ = 0;
  Fifo<Entry> blocks_;
  std::size_t indexed_ = 0;  // so many of blocks_, from the front, are in the index
  Lookup<TxId, Place, TagHash> index_;
};

}  // namespace ledgerlab::pool
