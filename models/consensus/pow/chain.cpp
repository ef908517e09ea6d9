// Which chain this node stands on, and what of it is settled: paper section 5, "nodes always
// consider the longest chain to be the correct one", by work as its section 4 says; and section 11.
#include <algorithm>

#include "models/consensus/pow/pow.hpp"

namespace ledgerlab::pow {

void Pow::choose(Effects& effects) {
  if (adopt_open_) return;
  const chain::Index best = tree_.best();
  const auto& entry = tree_.at(best);
  if (entry.block->id == head_->id) return;
  const chain::Index from = tree_.find(head_->id);
  chain::Path path = tree_.path(from, best);
  deepest_reorg_ = std::max<Height>(deepest_reorg_, path.reverted.size());
  adopt_open_ = true;
  adopting_ = entry.block->id;
  effects.call(Slot::application, ++call_, Adopt{path.ancestor->id, std::move(path.forward)});
}

void Pow::on_adopted(const Input&, Effects& effects, const Adopted& adopted) {
  if (!adopt_open_) return;
  adopt_open_ = false;
  const chain::Index tip = tree_.find(adopting_);
  if (adopted.ok) {
    if (tip == chain::no_block) return;
    head_ = tree_.at(tip).block;
    effects.announce_head(head_);
    settle(effects);
    choose(effects);  // more may have come meanwhile
    if (!adopt_open_) begin_template(effects);
    return;
  }
  // The application refused a block on the way: neither it nor what follows is ever chosen again.
  const chain::Index bad = tree_.find(adopted.offending);
  refuse(effects, adopted.offending, "execution");
  if (bad == chain::no_block || !tree_.mark_invalid(bad)) {
    if (tip == chain::no_block || !tree_.mark_invalid(tip)) return;
  }
  choose(effects);
  if (!adopt_open_ && stage_ == Stage::idle && !searching_) begin_template(effects);
}

void Pow::settle(Effects& effects) {
  // A block with `depth` confirmations, its own among them, is settled at the stated risk.
  const Height height = head_->height;
  const chain::Index final_before = tree_.final_block();
  if (height + 1 < rules_.depth) return;
  const Height target = height + 1 - rules_.depth;
  const Height old = tree_.height(final_before);
  if (target <= old) return;
  const chain::Index settled = tree_.ancestor(tree_.find(head_->id), target);
  std::vector<BlockRef> blocks;
  for (chain::Index i = settled; i != final_before; i = tree_.at(i).parent) {
    blocks.push_back(tree_.at(i).block);
  }
  std::reverse(blocks.begin(), blocks.end());
  for (BlockRef& block : blocks) {
    effects.call(Slot::application, Finalise{block});
    effects.announce_final(block);
    archive_.push_back(std::move(block));
  }
  tree_.finalise(settled, static_cast<std::uint32_t>(rules_.median_window));
  orphans_.take_up_to(target);
  compact_log(effects);
}

void Pow::compact_log(Effects& effects) {
  // A record goes one settlement later than it could: by then the application's own record of the
  // settled state stands before this `forget` in the disk's queue, so that no crash finds a state
  // older than the blocks that lead on from it.
  if (forget_next_ >= forgotten_below_ + 8) {
    effects.forget(forget_next_);
    forgotten_below_ = forget_next_;
  }
  std::uint64_t lowest = next_record_;
  for (chain::Index i = 0; i < tree_.size(); ++i) {
    if (const std::uint64_t r = tree_.at(i).extra.record; r != 0) lowest = std::min(lowest, r);
  }
  forget_next_ = std::max(forget_next_, lowest);
}

}  // namespace ledgerlab::pow
