// From a plan to a world: stacks of real modules on every node, the engine, the faults.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "models/parts/suite/suite.hpp"
#include "sim/host/world.hpp"
#include "sim/scenario/plan.hpp"
#include "sim/topology/topology.hpp"

namespace ledgerlab {

struct BuildOptions {
  bool eager = true;          // WorldSpec::eager
  bool share_results = true;  // execution results between nodes (DESIGN 13.9)
  std::vector<Sink*> sinks;
  NodeId record_inputs_of = no_node;
  /// Wraps the replicas' modules: how tests put twins into a world. May return its argument.
  std::function<std::unique_ptr<Module>(NodeId, std::unique_ptr<Module>)> wrap;
};

/// Everything one world lives on. The plan and the system must outlive it.
class BuiltWorld {
 public:
  BuiltWorld(const Plan& plan, const SystemPlan& system, const BuildOptions& options);
  ~BuiltWorld();
  BuiltWorld(const BuiltWorld&) = delete;
  BuiltWorld& operator=(const BuiltWorld&) = delete;

  World& world() { return *world_; }
  CryptoSuite& suite() { return *suite_; }
  const Topology& overlay() const { return overlay_; }
  SharedStore* ledger_store() const { return ledger_store_.get(); }
  const Hash256& genesis_root() const { return genesis_root_; }
  /// A fresh module of one node as the world makes it, for replays without a host.
  std::unique_ptr<Module> make_node(NodeId node) const;
  /// Parameters that building the world never read ("consensus.raft.foo"): an error (13.10).
  std::vector<std::string> unread_parameters() const;

 private:
  /// A replica with the first so many of the system's behaviours that concern it.
  std::unique_ptr<Module> in_sessions(NodeId node, std::unique_ptr<Module> inner) const;
  std::unique_ptr<Module> make_replica(NodeId node, std::size_t behaviours) const;
  ModuleContext context_of(NodeId node, const ModelChoice& model) const;
  std::span<const NodeId> neighbours_of(NodeId node) const;

  const Plan& plan_;
  const SystemPlan& system_;
  BuildOptions options_;
  std::unique_ptr<WorldSuite> suite_;
  std::unique_ptr<SharedStore> ledger_store_;
  Hash256 genesis_root_;
  const Topology& overlay_;
  std::vector<std::vector<NodeId>>
      mesh_rows_;  // rows of a full mesh, which the graph does not keep
  std::vector<std::uint16_t> address_groups_;  // by replica; empty without discovery
  std::unique_ptr<World> world_;
};

/// Puts in place of each churn fault the absences that it draws: those of a node are a stream of
/// its own. `faults` are the plan's; the places of the churn faults stay, but nothing comes of them.
void draw_churn(const Plan& plan, std::vector<FaultPlan>& faults);

/// The faults that this plan's swarm draws for a system: within every compared system's fault
/// model, all healed by the swarm's end.
std::vector<FaultPlan> draw_swarm(const Plan& plan);

}  // namespace ledgerlab
