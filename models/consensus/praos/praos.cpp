#include "models/consensus/praos/praos.hpp"

namespace ledgerlab::praos {

Praos::Praos(const ModuleContext& context) : Praos(context, Rules(*context.params)) {}

Praos::Praos(const ModuleContext& context, Rules rules)
    : ChainModule(context,
                  {*context.params, "praos", rules.depth, 0, 4 * mean_interval(*context.params)}),
      rules_(std::move(rules)),
      replicas_(context.replicas),
      held_max_(context.params->count("orphans_max")),
      genesis_stakes_(distribution(
          std::make_shared<const std::vector<std::uint64_t>>(context.genesis.stakes))) {}

void Praos::on_start(const Input&, Effects& effects) {
  effects.announce_role(NodeRole::replica, 0, no_node);
}

void Praos::on_timer(const Input& input, Effects& effects) {
  switch (static_cast<TimerKind>(input.timer.kind)) {
    case TimerKind::slot:
      if (running()) draw(input, effects);
      break;
    case TimerKind::held:
      release(input, effects, take_held(nullptr, rules_.slot_at(input.wall)));
      arm_held(input, effects);
      break;
    default:
      break;
  }
}

void Praos::on_own_call(const Input& input, Effects& effects) {
  const LocalCall& call = *input.call;
  if (const auto* stakes = call.as<Stakes>()) {
    on_stakes(input, effects, *stakes);
  } else if (call.id != draft_call_) {
    return;
  } else if (const auto* built = call.as<Built>()) {
    if (stage_ != Stage::building) return;
    draft_payload_ = built->payload;
    execute_draft(effects);
  } else if (const auto* executed = call.as<Executed>()) {
    if (stage_ == Stage::executing) on_executed(input, effects, *executed);
  }
}

void Praos::on_standing(const Input& input, Effects& effects, bool) {
  if (!looked_back_) {
    looked_back_ = true;
    for (chain::Index i = tree().root(); i < tree().end(); ++i) {
      const auto header = header_of(*tree().at(i).block);
      if (header && header->issuer == self()) last_led_ = std::max(last_led_, header->slot);
    }
  }
  draw(input, effects);
}

Bytes Praos::encode_record(chain::Index index) const {
  const auto& entry = tree().at(index);
  const Point& p = entry.extra.own;
  return codec::encode(RecordNote{chain::weight_to_u256(entry.weight), p.gathered, p.epoch->number,
                                  p.epoch->nonce, p.epoch->before, p.epoch->stakes_after});
}

std::optional<Praos::Stored> Praos::decode_record(const Record& record) const {
  const auto header = header_of(*record.block);
  const auto note = codec::decode<RecordNote>(record.bytes);
  if (!header || !note) return std::nullopt;
  const Epoch epoch{note->epoch, note->nonce, note->before, note->stakes_after};
  const chain::Index parent = tree().find(record.block->parent);
  EpochRef shared = parent == chain::no_block ? nullptr : point(parent).epoch;
  if (!shared || !same_epoch(*shared, epoch)) shared = std::make_shared<const Epoch>(epoch);
  return Stored{U256(1), note->weight, {header->slot, std::move(shared), note->gathered}};
}

void Praos::restore_own(const Record& record) {
  auto note = codec::decode<StakeNote>(record.bytes);
  if (!note) return;
  snapshots_[note->after] = {
      distribution(std::make_shared<const std::vector<std::uint64_t>>(std::move(note->of))),
      record.index};
}

Point Praos::bare(const BlockRef& root) const {
  Point p = rules_.genesis(genesis()->id);
  if (const auto header = header_of(*root)) p.slot = header->slot;
  return p;
}

std::unique_ptr<chain::HeaderTree<Point>> Praos::new_headers() const {
  KnownStakes known{{genesis()->id, genesis_stakes_}};
  for (const auto& [after, snapshot] : snapshots_) known[after] = snapshot.stakes;
  return std::make_unique<HeaderChain>(rules_, replicas_, std::move(known));
}

void Praos::inspect(Inspector& inspector) const {
  ChainModule::inspect(inspector);
  if (!running()) return;
  const Point& p = point(tree().best());
  inspector.field("slot", p.slot);
  inspector.field("epoch", p.epoch->number);
  inspector.field("nonce", to_hex(p.epoch->nonce).substr(0, 8));
  inspector.field("leads", lottery_.leads);
  inspector.field("forged", forged_);
  inspector.field("missed", missed_);
  inspector.field("held", held_.size());
}

}  // namespace ledgerlab::praos
