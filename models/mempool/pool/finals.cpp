#include "models/mempool/pool/finals.hpp"

namespace ledgerlab::pool {

void Finals::add(const BlockRef& block, std::vector<TxOutcome> outcomes) {
  const std::size_t count = block->payload->transactions.size();
  if (count == 0) return;
  transactions_ += count;
  blocks_.push({block, std::move(outcomes)});
  while (blocks_.size() > 1 && transactions_ > limit_) {
    const Entry& oldest = blocks_.front();
    transactions_ -= oldest.block->payload->transactions.size();
    if (indexed_ > 0) {
      --indexed_;
      for (const TxRef& tx : oldest.block->payload->transactions) {
        // A transaction may have been put into a later block once more, without effect.
        const Place* place = index_.find(tx->id);
        if (place && place->height == oldest.block->height) index_.erase(tx->id);
      }
    }
    blocks_.pop();
  }
}

const Finals::Place* Finals::find(const TxId& id) {
  for (; indexed_ < blocks_.size(); ++indexed_) {
    const Entry& entry = blocks_[indexed_];
    const auto& transactions = entry.block->payload->transactions;
    for (std::size_t i = 0; i < transactions.size(); ++i) {
      const Place place{entry.block->height, entry.block->id, outcome_at(entry.outcomes, i)};
      const auto [found, made] = index_.try_emplace(transactions[i]->id, place);
      // Of two places the one where it had its effect counts.
      if (!made && place.outcome != TxOutcome::no_effect &&
          found->outcome == TxOutcome::no_effect) {
        *found = place;
      }
    }
  }
  return index_.find(id);
}

}  // namespace ledgerlab::pool
