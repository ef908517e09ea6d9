// Which stake distribution governs an epoch: the one in the ledger's state after the last block of
// the epoch before last, asked from the application and kept as long as a block may need it.
#include <algorithm>

#include "models/consensus/praos/praos.hpp"

namespace ledgerlab::praos {

const Distribution* Praos::stakes_after(Effects& effects, const BlockId& block) {
  if (block == genesis()->id) return &genesis_stakes_;
  if (const auto it = snapshots_.find(block); it != snapshots_.end()) return &it->second.stakes;
  if (is_asked(block) || unknown_.contains(block)) return nullptr;
  const chain::Index at = tree().find(block);
  if (at == chain::no_block) return nullptr;
  asked_.insert(block);
  // On a branch that is not adopted the state has to be made first.
  for (const BlockRef& b : tree().path(tree().find(head()->id), at).forward) {
    effects.call(Slot::application, new_call(), Execute{b});
  }
  effects.call(Slot::application, new_call(), TakeStakes{block});
  return nullptr;
}

void Praos::on_stakes(const Input& input, Effects& effects, const Stakes& stakes) {
  if (asked_.erase(stakes.block) == 0) return;
  if (stakes.known) {
    snapshots_[stakes.block] = {distribution(stakes.of), next_record()};
    persist_own(effects, codec::encode(StakeNote{stakes.block, *stakes.of}));
  } else {
    unknown_.insert(stakes.block);  // a block on the way there is invalid
  }
  if (settlement_waits_ && asked_.empty()) {
    settlement_waits_ = false;
    settle(effects);
  }
  release(input, effects, take_held(&stakes.block, 0));
  draw(input, effects);
}

bool Praos::may_settle(Effects& effects) {
  unknown_.clear();
  // Below the settled block the application keeps no states: what later epochs need is asked first.
  for (chain::Index i = tree().find(head()->id); i != tree().final_block();) {
    const chain::Index above = tree().at(i).parent;
    if (point(i).epoch->number != point(above).epoch->number) {
      stakes_after(effects, tree().at(above).block->id);
    }
    i = above;
  }
  settlement_waits_ = !asked_.empty();
  return !settlement_waits_;
}

std::uint64_t Praos::lowest_needed(Effects& effects, std::uint64_t lowest) {
  std::set<BlockId> needed;
  const Epoch* last = nullptr;
  for (chain::Index i = tree().root(); i < tree().end(); ++i) {
    const Epoch* epoch = point(i).epoch.get();
    if (epoch == last) continue;
    last = epoch;
    needed.insert(epoch->before);
    needed.insert(epoch->stakes_after);
  }
  // A distribution far behind the blocks that are kept would hold up the log: it is written again.
  constexpr std::uint64_t lag_max = 64;
  std::uint64_t out = lowest;
  for (auto it = snapshots_.begin(); it != snapshots_.end();) {
    if (!needed.contains(it->first)) {
      it = snapshots_.erase(it);
      continue;
    }
    Snapshot& snapshot = it->second;
    if (snapshot.record + lag_max < lowest) {
      snapshot.record = next_record();
      persist_own(effects, codec::encode(StakeNote{it->first, *snapshot.stakes.of}));
    }
    out = std::min(out, snapshot.record);
    ++it;
  }
  return out;
}

}  // namespace ledgerlab::praos
