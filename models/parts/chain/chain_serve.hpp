// ChainModule, third part: what it gives to those who ask for headers, bodies and states. Included
// by chain_module.hpp alone.
#pragma once

#include "models/parts/chain/chain_module.hpp"

namespace ledgerlab::chain {

/// A client has asked in the name of no replica: its client module gets the answer.
template <class Carried, class Own>
template <class T>
void ChainModule<Carried, Own>::reply(Effects& effects, NodeId to, T body) const {
  const Slot slot = to < settings_->replicas ? Slot::consensus : Slot::client;
  effects.send(to, effects.seal(MessageRef(new MessageOf<T>(std::move(body))), slot));
}

template <class Carried, class Own>
BlockRef ChainModule<Carried, Own>::on_head_chain(Height height) const {
  if (height <= tree_.height(tree_.final_block())) return archive_.at(height);
  const Index at = tree_.ancestor(tree_.find(head_->id), height);
  return at == no_block ? BlockRef() : tree_.at(at).block;
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_get_headers(const Input& input, Effects& effects,
                                               const GetHeaders& get) {
  for (const Place& place : get.locator) {
    const BlockRef shared = on_head_chain(place.height);
    if (!shared || shared->id != place.id) continue;
    Headers answer;
    for (Height h = place.height + 1; h <= head_->height; ++h) {
      const BlockRef block = on_head_chain(h);
      if (!block) return;
      answer.more = answer.list.size() == headers_max;
      if (answer.more) break;
      answer.list.push_back(block->header);
      if (block->id == get.stop) break;
    }
    return reply(effects, input.from, std::move(answer));
  }
}

template <class Carried, class Own>
bool ChainModule<Carried, Own>::on_sync_message(const Input& input, Effects& effects) {
  const Message& m = *input.message;
  if (const auto* ask = m.as<GetHeaders>()) {
    on_get_headers(input, effects, *ask);
  } else if (const auto* ask = m.as<GetData>()) {
    on_get_data(input, effects, *ask);
  } else if (const auto* ask = m.as<GetState>()) {
    on_get_state(input, effects, *ask);
  } else if (!catch_up_) {
    return false;
  } else if (const auto* headers = m.as<Headers>()) {
    on_headers(input, effects, *headers);
  } else if (const auto* chunk = m.as<StateChunk>()) {
    on_state_chunk(input, effects, *chunk);
  }
  return true;
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_get_data(const Input& input, Effects& effects,
                                            const GetData& get) {
  for (const Place& place : get.blocks) {
    // What lies at the base or below came without its body.
    if (place.height <= archive_.base()) continue;
    // One that has lost its race lies in the tree for a while: who verified its header may want it.
    const Index at = tree_.find(place.id);
    const BlockRef block = at != no_block ? tree_.at(at).block : archive_.at(place.height);
    if (block && block->id == place.id) send_stored(effects, input.from, block);
  }
}

}  // namespace ledgerlab::chain
