#include "models/parts/behaviour/twin.hpp"

namespace ledgerlab::behaviour {

void Twin::step(const Input& input, Effects& effects) {
  const std::size_t first = effects.listed();
  Input own = input;
  own.timer.kind &= ~(1u << 31);
  stack_->step(own, effects);
  strike(effects, first);
  for (std::size_t slot = 0; slot < slot_count; ++slot) {
    while (confirmed_[slot] < records_[slot]) {
      confirmed_[slot] = records_[slot];
      Input durable = input;
      durable.kind = InputKind::persisted;
      durable.slot = static_cast<Slot>(slot);
      durable.message = nullptr;
      durable.call = nullptr;
      durable.persisted_up_to = records_[slot];
      const std::size_t more = effects.listed();
      stack_->step(durable, effects);
      strike(effects, more);
    }
  }
}

void Twin::strike(Effects& effects, std::size_t first) {
  effects.keep_if(first, [&](Effect& e) {
    const auto slot = static_cast<std::size_t>(e.slot);
    switch (e.kind) {
      case EffectKind::send:
      case EffectKind::multicast:
      case EffectKind::broadcast:
        e.gate = Gate::ungated;
        return true;
      case EffectKind::set_timer:
      case EffectKind::cancel_timer:
        e.node |= number_ << 31;
        return true;
      case EffectKind::persist:
        ++records_[slot];
        return false;
      case EffectKind::truncate:
        records_[slot] = e.a - 1;
        confirmed_[slot] = std::min(confirmed_[slot], records_[slot]);
        return false;
      case EffectKind::forget:
        return false;
      default:
        return speaks_;
    }
  });
}

}  // namespace ledgerlab::behaviour
