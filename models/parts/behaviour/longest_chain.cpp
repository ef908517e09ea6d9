#include "models/parts/behaviour/longest_chain.hpp"

namespace ledgerlab::behaviour {

void ChainAttack::step(const Input& input, Effects& effects) {
  MessageRef content;
  NodeId from = input.from;
  if (input.kind == InputKind::deliver) content = input.message_ref();
  if (input.kind == InputKind::call) {
    if (const auto* relayed = input.call->as<Relayed>()) {
      content = relayed->content;
      from = relayed->from;
    }
  }
  const BlockRef block = content ? content->block() : nullptr;
  const std::size_t first = effects.listed();
  if (block && foreign_.insert(content->identity()).second) {
    on_foreign(input, effects, block->height);
    release(effects);
  }
  hear_missed(input, effects);
  if (isolated() && (block || input.kind == InputKind::deliver)) {
    if (block) missed_.push_back({content, from});  // questions and answers it does not hear
  } else {
    pass_on(input, effects);
  }
  hear_missed(input, effects);
  on_end(input);
  if (isolated() || (discreet() && input.kind == InputKind::deliver)) {
    effects.keep_if(first, [](const Effect& e) { return !is_message(e); });
  }
}

void ChainAttack::release(Effects& effects) {
  effects.set_slot(Slot::consensus);
  for (MessageRef& content : std::exchange(released_, {})) effects.publish(std::move(content));
}

void ChainAttack::pass_on(const Input& input, Effects& effects) {
  const std::size_t calls = effects.calls_listed();
  effects.set_slot(Slot::consensus);
  Wrapper::step(input, effects);
  std::vector<MessageRef> own;
  effects.keep_calls_if(calls, [&](const LocalCall& call) {
    const auto* published = call.as<Publish>();
    if (!published || !published->content->block()) return true;
    if (foreign_.contains(published->content->identity())) return true;
    own.push_back(published->content);
    return false;
  });
  for (MessageRef& content : own) {
    if (!on_own(input, effects, content)) released_.push_back(std::move(content));
  }
  release(effects);
}

void ChainAttack::hear_missed(const Input& input, Effects& effects) {
  while (!isolated() && !missed_.empty()) {
    for (Missed& missed : std::exchange(missed_, {})) {
      const LocalCall call{Slot::relay, Slot::consensus, 0, Relayed{missed.content, missed.from}};
      Input heard = input;
      heard.kind = InputKind::call;
      heard.slot = Slot::consensus;
      heard.message = nullptr;
      heard.call = &call;
      pass_on(heard, effects);
    }
  }
}

}  // namespace ledgerlab::behaviour
