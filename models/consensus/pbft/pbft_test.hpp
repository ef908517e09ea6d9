// What the tests of PBFT share: the model's description and worlds of hand-driven replicas.
#pragma once

#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "models/consensus/pbft/pbft.hpp"
#include "tests/support/transcript.hpp"

namespace ledgerlab {
void register_consensus_pbft(Registry& registry);
}

namespace ledgerlab::pbft {

using test::ModuleWorld;

inline const ModelInfo& info() {
  static const Registry& registry = *[] {
    auto* made = new Registry;
    register_consensus_pbft(*made);
    return made;
  }();
  return *registry.find(ModelKind::consensus, "pbft");
}

inline ModuleWorld make_world(std::uint32_t replicas,
                              std::map<std::string, std::string> params = {}) {
  ModuleWorld::Options options;
  options.replicas = replicas;
  options.params = std::move(params);
  return ModuleWorld(info(), options);
}

inline BatchRef batch_of(const std::string& text) {
  return make_batch(make_payload({test::text_transaction(text)}), {});
}

/// <<PRE-PREPARE,v,n,d>,m> as this node would make it.
inline Proposal proposal(ModuleWorld& world, NodeId author, View view, Sequence seq,
                         const std::string& text) {
  const BatchRef batch = batch_of(text);
  const MessageRef order = world.seal(author, PrePrepare{{view, seq, batch->digest}});
  return {order, batch->block->payload, {}, batch};
}

inline std::uint64_t number(const ModuleWorld& world, NodeId node, const std::string& name) {
  return std::stoull(world.field(node, name));
}

}  // namespace ledgerlab::pbft
