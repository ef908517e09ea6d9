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

/// Raft, or a twin of it that breaks one rule.
template <class Protocol>
const ModelInfo& info_of() {
  static const ModelInfo twin = [] {
    ModelInfo made = info();
    made.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
      return std::make_unique<Protocol>(context);
    };
    return made;
  }();
  return twin;
}

template <class Protocol = Raft>
ModuleWorld make_world(std::uint32_t replicas,
                              std::map<std::string, std::string> params = {},
                              std::uint64_t seed = 1) {
  ModuleWorld::Options options;
  options.replicas = replicas;
  options.params = std::move(params);
  options.seed = seed;
  return ModuleWorld(info_of<Protocol>(), options);
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
    records.push_back({0, Slot::consensus, encode_entry(i + 1, {terms[i], tip, {}}), tip});
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

// Twins, each Raft but for one rule.

/// Appends a configuration before an entry of its own term is committed (4.1, corrected 2015).
class ChangesAtOnce final : public Raft {
 public:
  using Raft::Raft;

 protected:
  bool may_change_members() const override { return true; }
};

/// Needs the majority of C_new alone while it is joint (4.3).
class CountsTheNewOnly final : public Raft {
 public:
  using Raft::Raft;

 protected:
  quorum::Voters voters() const override { return {configuration().members, {}}; }
};

/// Reads without asking whether it still leads (6.4).
class ReadsWithoutRound final : public Raft {
 public:
  using Raft::Raft;

 protected:
  bool confirms_leadership() const override { return false; }
};

inline void operate(ModuleWorld& world, NodeId node, OperateAction action,
                    std::vector<NodeId> nodes) {
  world.call(node, Slot::consensus, Operate{action, std::move(nodes)});
}

inline std::uint64_t number(const ModuleWorld& world, NodeId node, const std::string& name) {
  return std::stoull(world.field(node, name));
}

}  // namespace ledgerlab::raft
