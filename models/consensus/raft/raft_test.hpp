// What the tests of Raft share: the model's description, worlds, and logs given as terms.
#pragma once

#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "models/consensus/raft/raft.hpp"
#include "tests/support/transcript.hpp"

namespace ledgerlab {
void register_consensus_raft(Registry& registry);
}

namespace ledgerlab::raft {

using test::ModuleWorld;

inline const ModelInfo& info() {
  static const Registry& registry = *[] {
    auto* made = new Registry;
    register_consensus_raft(*made);
    return made;
  }();
  return *registry.find(ModelKind::consensus, "raft");
}

inline ModuleWorld make_world(std::uint32_t replicas,
                              std::map<std::string, std::string> params = {},
                              std::uint64_t seed = 1) {
  ModuleWorld::Options options;
  options.replicas = replicas;
  options.params = std::move(params);
  options.seed = seed;
  return ModuleWorld(info(), options);
}

/// The records of a server whose log has entries of these terms (term 0: none). Entries of equal
/// index, term and history hold equal blocks.
inline std::vector<Record> disk_with(const std::vector<std::uint64_t>& terms, std::uint64_t term,
                                     NodeId vote = no_node) {
  std::vector<Record> records;
  records.push_back({0, Slot::consensus, encode_hard_state({term, vote}), nullptr});
  BlockRef tip = make_genesis({});
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::string text = "e" + std::to_string(i + 1) + "t" + std::to_string(terms[i]);
    tip = make_log_block(tip->height + 1, tip->id, make_payload({test::text_transaction(text)}));
    records.push_back({0, Slot::consensus, encode_entry(i + 1, terms[i], false), tip});
  }
  return records;
}

/// Node 0 leads from the start; its no-op is committed everywhere.
inline void elect(ModuleWorld& world, NodeId leader = 0) {
  if (!world.alive(leader)) world.start_all();
  ASSERT_TRUE(world.fire(leader, timer_election));
  world.deliver_all();
  ASSERT_EQ(world.field(leader, "state"), "leader");
  ASSERT_TRUE(world.fire(leader, timer_heartbeat));
  world.deliver_all();
  world.clear_sent();
}

inline std::uint64_t number(const ModuleWorld& world, NodeId node, const std::string& name) {
  return std::stoull(world.field(node, name));
}

}  // namespace ledgerlab::raft
