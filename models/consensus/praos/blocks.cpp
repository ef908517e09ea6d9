// What a good block is, in whose slot, and what is done with blocks that come too early.
#include <algorithm>

#include "models/consensus/praos/praos.hpp"

namespace ledgerlab::praos {

std::string Praos::malformed(Effects& effects, const ForgedBlock& forged) {
  // The header is hashed once for the id and once for its signature, the ids of its transactions
  // (64 bytes a pair and level) and their signatures once.
  const Block& block = *forged.block;
  effects.work(Operation::hash_byte,
               2 * block.header.size() + 129 * block.payload->count());
  std::string wrong = rules_.malformed(forged);
  if (!wrong.empty()) return wrong;
  const Header& header = forged.header;
  if (header.issuer >= replicas_) return "issuer";
  const bool its_own =
      effects.crypto().verify(header.issuer, signed_text(header), header.signature);
  return its_own ? "" : "signature";
}

chain::Judgement Praos::judge(const Input& input, Effects& effects, const MessageRef& content,
                              NodeId from, chain::Index parent) {
  using chain::Judgement;
  const Header& header = carried_in(content).header;
  const Point& above = point(parent);
  if (header.height != tree().height(parent) + 1) return Judgement::bad("height");
  if (header.slot <= above.slot) return Judgement::bad("slot is not after its parent's");
  // Chains are taken without "blocks belonging to future slots" (the protocol's step of chain
  // update): such a block counts once its slot begins on this node's clock.
  const SlotNumber now = rules_.slot_at(input.wall);
  if (header.slot > now) {
    if (header.slot - now > rules_.ahead_max) return Judgement::bad("slot is too far ahead");
    hold(input, effects, {content, from, header.slot, {}});
    return Judgement::later();
  }
  if (content.get() == forging_) return Judgement::good();
  const BlockRef& above_block = tree().at(parent).block;
  const EpochRef epoch = rules_.epoch(above, above_block->id, rules_.epoch_of(header.slot));
  const Distribution* stakes = stakes_after(effects, epoch->stakes_after);
  if (!stakes) {
    if (!is_asked(epoch->stakes_after)) return Judgement::bad("no stake is known for its epoch");
    hold(input, effects, {content, from, 0, epoch->stakes_after});
    return Judgement::later();
  }
  const std::uint64_t phi = phi_q64(rules_.f_q64, stakes->stake(header.issuer), stakes->total);
  std::string wrong = wrong_proofs(effects, header, epoch->nonce, phi);
  return wrong.empty() ? Judgement::good() : Judgement::bad(std::move(wrong));
}

Praos::Standing Praos::standing(const Input&, const ForgedBlock& forged, chain::Index parent) {
  return {U256(1), rules_.child(point(parent), tree().at(parent).block->id, forged.header)};
}

bool Praos::keeps(const BlockId& id) const {
  return std::any_of(held_.begin(), held_.end(),
                     [&](const Held& h) { return carried_in(h.content).block->id == id; });
}

void Praos::hold(const Input& input, Effects& effects, Held held) {
  if (held_.size() == held_max_) held_.erase(held_.begin());
  const bool early = held.slot != 0;
  held_.push_back(std::move(held));
  if (early) arm_held(input, effects);
}

void Praos::arm_held(const Input& input, Effects& effects) {
  SlotNumber next = ~SlotNumber{0};
  for (const Held& h : held_) {
    if (h.slot != 0) next = std::min(next, h.slot);
  }
  if (next == ~SlotNumber{0}) return;
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::held), 0},
                    std::max(rules_.start_of(next) - input.wall, ns(1)));
}

std::vector<Praos::Held> Praos::take_held(const BlockId* stakes_after, SlotNumber now) {
  std::vector<Held> out;
  std::vector<Held> kept;
  for (Held& h : held_) {
    const bool free = stakes_after ? h.slot == 0 && h.stakes_after == *stakes_after
                                   : h.slot != 0 && h.slot <= now;
    (free ? out : kept).push_back(std::move(h));
  }
  held_ = std::move(kept);
  return out;
}

void Praos::release(const Input& input, Effects& effects, std::vector<Held> held) {
  for (Held& h : held) on_block(input, effects, std::move(h.content), h.from);
}

}  // namespace ledgerlab::praos
