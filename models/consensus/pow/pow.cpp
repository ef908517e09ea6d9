#include "models/consensus/pow/pow.hpp"

#include <bit>
#include <cstring>

namespace ledgerlab::pow {

Pow::Pow(const ModuleContext& context) : Pow(context, shared_rules(context)) {}

Pow::Pow(const ModuleContext& context, std::shared_ptr<const Rules> rules)
    : ChainModule(context, {*context.params, "pow", rules->depth,
                            static_cast<std::uint32_t>(rules->median_window),
                            poll_interval(*context.params)}),
      rules_(std::move(rules)),
      mines_(context.hash_share_ppb != 0) {}

void Pow::on_start(const Input&, Effects& effects) {
  effects.announce_role(mines_ ? NodeRole::miner : NodeRole::replica, 0, no_node);
}

void Pow::on_standing(const Input&, Effects& effects, bool moved) {
  if (moved || (stage_ == Stage::idle && !searching_)) begin_template(effects);
}

void Pow::on_timer(const Input& input, Effects& effects) {
  const auto kind = static_cast<TimerKind>(input.timer.kind);
  if (kind == TimerKind::refresh) on_refresh(effects);
  if (kind == TimerKind::step) on_step(input, effects);
}

void Pow::on_own_call(const Input& input, Effects& effects) {
  const LocalCall& call = *input.call;
  if (const auto* pending = call.as<Pending>()) {
    if (running()) on_pending(effects, *pending);
  } else if (call.id != draft_call_) {
    return;
  } else if (const auto* built = call.as<Built>()) {
    if (stage_ == Stage::building) on_built(input, effects, built->payload);
  } else if (const auto* executed = call.as<Executed>()) {
    if (stage_ == Stage::executing) on_executed(input, effects, *executed);
  }
}

Bytes Pow::encode_record(chain::Index index) const {
  const auto& entry = tree().at(index);
  const RecordNote note{chain::weight_to_u256(entry.weight), entry.extra.own.window_start};
  if constexpr (std::endian::native != std::endian::little) return codec::encode(note);
  // The same bytes at once: every node writes one for every block.
  Bytes out(sizeof note.weight.words + sizeof note.window_start);
  std::memcpy(out.data(), note.weight.words.data(), sizeof note.weight.words);
  std::memcpy(out.data() + sizeof note.weight.words, &note.window_start, sizeof note.window_start);
  return out;
}

std::optional<Pow::Stored> Pow::decode_record(const Record& record) const {
  const auto header = header_of(*record.block);
  const auto note = codec::decode<RecordNote>(record.bytes);
  if (!header || !note) return std::nullopt;
  return Stored{claimed_work(*header), note->weight, {header->time, note->window_start}};
}

Note Pow::bare(const BlockRef& root) const {
  const auto header = header_of(*root);
  const std::uint64_t time = header ? header->time : 0;
  return {time, time};
}

std::unique_ptr<chain::HeaderTree<Note>> Pow::new_headers() const {
  return std::make_unique<HeaderChain>(rules_);
}

void Pow::inspect(Inspector& inspector) const {
  ChainModule::inspect(inspector);
  inspector.field("searching", std::uint64_t{searching_});
  inspector.field("mined", std::uint64_t{mined_});
}

}  // namespace ledgerlab::pow
