// The private lottery and the making of blocks: at most one for each slot this node leads.
#include <algorithm>

#include "models/consensus/praos/praos.hpp"
#include "models/parts/chain/signatures.hpp"

namespace ledgerlab::praos {

namespace {
/// Slots drawn at once: stake and nonce are fixed within an epoch, so the draws may be made ahead;
/// each is charged all the same.
constexpr std::uint64_t ahead = 16;
}  // namespace

chain::Index Praos::base_before(SlotNumber slot) const {
  // The current chain without blocks of this slot and later ones.
  chain::Index i = tree().find(head()->id);
  while (i != tree().final_block() && point(i).slot >= slot) i = tree().at(i).parent;
  return point(i).slot < slot ? i : chain::no_block;
}

void Praos::draw(const Input& input, Effects& effects) {
  if (!running() || adopting() || stage_ != Stage::idle) return;
  const SlotNumber now = std::max<SlotNumber>(rules_.slot_at(input.wall), 1);
  const auto wake = [&](SlotNumber slot) {
    effects.set_timer({static_cast<std::uint32_t>(TimerKind::slot), 0},
                      std::max(rules_.start_of(slot) - input.wall, ns(1)));
  };
  const chain::Index base = base_before(now);
  if (base == chain::no_block) return wake(now + 1);  // the clock has gone far back
  const std::uint64_t number = rules_.epoch_of(now);
  const EpochRef epoch = rules_.epoch(point(base), tree().at(base).block->id, number);
  const Distribution* stakes = stakes_after(effects, epoch->stakes_after);
  if (!stakes) return is_asked(epoch->stakes_after) ? void() : wake(now + 1);
  const SlotNumber end = (number + 1) * rules_.epoch_slots;
  const std::uint64_t phi = phi_q64(rules_.f_q64, stakes->stake(self()), stakes->total);
  if (!lottery_.epoch || !same_epoch(*lottery_.epoch, *epoch)) lottery_ = {epoch, now, 0, {}};
  if (lottery_.leads != 0 && lottery_.leads < now) {
    ++missed_;
    lottery_.leads = 0;
  }
  if (phi == 0) return wake(end);
  if (lottery_.leads == 0 && !draw_on(effects, now, end, phi)) return wake(lottery_.drawn);
  if (lottery_.leads > now) return wake(lottery_.leads);
  lead(effects, base);
}

bool Praos::draw_on(Effects& effects, SlotNumber now, SlotNumber end, std::uint64_t phi) {
  SlotNumber slot = std::max({lottery_.drawn, now, last_led_ + 1});
  const SlotNumber stop = std::min(slot + ahead, end);
  for (; slot < stop; ++slot) {
    const Bytes alpha = vrf_input(lottery_.epoch->nonce, slot, VrfUse::test);
    lottery_.leader = effects.crypto().vrf_prove(alpha);
    if (!below_threshold(lottery_.leader.output, phi)) continue;
    lottery_.leads = slot;
    lottery_.drawn = slot + 1;
    return true;
  }
  lottery_.drawn = std::max(slot, now + 1);
  return false;
}

void Praos::lead(Effects& effects, chain::Index parent) {
  const BlockRef& above = tree().at(parent).block;
  last_led_ = lottery_.leads;
  lottery_.leads = 0;
  draft_ = {};
  draft_.parent = above->id;
  draft_.height = above->height + 1;
  draft_.slot = last_led_;
  draft_.issuer = self();
  draft_.leader = lottery_.leader;
  draft_.nonce =
      effects.crypto().vrf_prove(vrf_input(lottery_.epoch->nonce, draft_.slot, VrfUse::nonce));
  draft_call_ = new_call();
  if (above->id != head()->id) {
    // Beside the head: the pool knows only what the adopted history has left.
    draft_payload_ = empty_payload();
    return execute_draft(effects);
  }
  stage_ = Stage::building;
  effects.call(
      Slot::mempool, draft_call_,
      Build{draft_.height, draft_.parent, rules_.block_max_transactions, rules_.block_max_bytes});
}

void Praos::execute_draft(Effects& effects) {
  stage_ = Stage::executing;
  // Execution knows height, parent and payload only.
  effects.call(Slot::application, draft_call_,
               Execute{make_log_block(draft_.height, draft_.parent, draft_payload_)});
}

void Praos::on_executed(const Input& input, Effects& effects, const Executed& executed) {
  if (!executed.ok && !draft_payload_->empty()) {
    effects.note("payload refused by the application: " + executed.reason);
    draft_payload_ = empty_payload();
    return execute_draft(effects);
  }
  stage_ = Stage::idle;
  if (executed.ok && tree().contains(draft_.parent)) {
    draft_.tx_root = draft_payload_->root;
    draft_.signatures = chain::signatures_digest(*draft_payload_);
    draft_.state_root = executed.state_root;
    draft_.signature = effects.crypto().sign(signed_text(draft_));
    ++forged_;
    const MessageRef content = effects.make(BlockContent{make_forged(draft_, draft_payload_)});
    forging_ = content.get();
    add_own(input, effects, content);
    forging_ = nullptr;
  }
  draw(input, effects);
}

}  // namespace ledgerlab::praos
