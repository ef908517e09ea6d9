// The plan: a scenario after checking and resolving. Every value is an integer in base units, every
// default is filled in, every model is found; building a world from it cannot fail for want of a
// value. One plan is for one seed and holds all compared systems; what they share (network,
// hardware, clients, load, faults) stands outside SystemPlan, so they meet the same (DESIGN 13.5).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/api/crypto.hpp"
#include "models/api/model_info.hpp"
#include "models/base/time.hpp"
#include "sim/engine/engine.hpp"
#include "sim/host/fault.hpp"
#include "sim/host/operation.hpp"
#include "sim/topology/topology.hpp"

namespace ledgerlab {

/// A model and the resolved values of all its parameters.
struct ModelChoice {
  const ModelInfo* info = nullptr;  // null: the slot stays empty
  Params params;

  explicit operator bool() const { return info != nullptr; }
};

/// Nodes 0..replicas-1 are replicas, then come the clients.
struct NetworkPlan {
  std::string engine = "native";
  std::uint32_t replicas = 0;
  TopologySpec topology;       // overlay of the replicas, for relayed content; nodes = replicas
  std::string latency_source;  // for people: "aws-21", "20 ms between all", "inline"
  std::vector<std::string> regions;  // names, in the order of links.region
  /// The first so many replicas are the core (miners): placed and linked to the network by keys of
  /// their own.
  std::uint32_t core = 0;
  bool handshakes = false;     // sessions between nodes are set up (models/parts/session)
  bool first_contact = false;  // identities are learned, else all nodes know them
  /// The overlay itself, drawn from the seed. It is connected if any system relays.
  std::shared_ptr<const Topology> overlay;
  /// Ready for the engine: nodes with clients, region of each, one-way latencies, bandwidths.
  NetworkSpec links;
  std::string platform_digest;  // simgrid: SHA-256 of the platform file, if there is one
};

/// One machine; all nodes have the same (the slow-node fault makes exceptions).
struct HardwarePlan {
  std::uint32_t cores = 4;
  std::uint64_t speed_ppb = 1'000'000'000;  // of the reference CPU
  Duration disk_sync{};                     // latency of one sync
  std::uint64_t disk_write_bps = 0;         // bits a second; 0 = unlimited
  CostTable costs;
  std::uint64_t power_idle_mw = 0;  // whole machine, CPU idle
  std::uint64_t power_busy_mw = 0;  // whole machine, all cores busy
};

struct ClientsPlan {
  std::uint32_t count = 0;  // nodes replicas .. replicas + count - 1
  /// By client: the replica it counts as its own: in its region if there is one, else the nearest.
  std::vector<NodeId> home;
};

/// Byzantine replicas: a behaviour around their correct modules (DESIGN 13.4). The rules are
/// applied in the order of the list; a replica named here counts as Byzantine for the whole run.
struct BehaviourPlan {
  ModelChoice model;
  std::vector<NodeId> nodes;  // ascending
  Time from{};                // of the node's local clock
  Time until = time_never;
  /// Their addresses lie in so many groups (ModuleContext::address_groups); 0: drawn as anybody's.
  std::uint32_t address_groups = 0;
};

/// One compared system: what runs in the slots of every replica, and the client that talks to it.
struct SystemPlan {
  std::string name;  // display only, not in the plan digest
  ModelChoice consensus;
  ModelChoice ledger;
  ModelChoice contract;  // plugged into the ledger; empty: plain transfers only
  ModelChoice storage;   // empty: an ideal log, each byte written once
  ModelChoice mempool;
  ModelChoice relay;      // empty unless consensus.info->uses_relay
  ModelChoice discovery;  // empty: the relay spreads over the plan's overlay
  ModelChoice client;
  bool real_crypto = false;                   // else costed (DESIGN 13.4)
  bool real_mining = false;                   // try nonces; else a lottery with the same statistics
  std::uint64_t hash_power = 0;               // hashes/s of all replicas together; 0: none
  std::vector<std::uint32_t> hash_share_ppb;  // by replica, sums to 10^9; empty without hash power
  /// Energy of a hash in picojoules (J/TH): mining draws hash power times this.
  std::uint64_t hash_energy_pj = 0;
  /// By replica, smallest units; empty unless the consensus uses stake.
  std::vector<std::uint64_t> stakes;
  std::vector<BehaviourPlan> behaviours;
  /// Contracts of genesis with the code that this system's engine runs. Null: none.
  std::shared_ptr<const std::vector<GenesisContract>> contracts;
  /// What fills the slots, by the scenario's names for them; some are empty.
  std::array<std::pair<const char*, const ModelChoice*>, 8> slots() const {
    return {{{"consensus", &consensus},
             {"ledger", &ledger},
             {"contract", &contract},
             {"storage", &storage},
             {"mempool", &mempool},
             {"relay", &relay},
             {"discovery", &discovery},
             {"client", &client}}};
  }
  /// Replicas with a behaviour, ascending.
  std::vector<NodeId> byzantine() const;
  /// Hash power or stake of each replica; without either all count the same.
  std::vector<std::uint64_t> shares_ppb(std::uint32_t replicas) const;
  std::uint64_t share_of_ppb(std::span<const NodeId> nodes, std::uint32_t replicas) const;
  /// Does the fault model bear these Byzantine replicas?
  bool bears(std::span<const NodeId> nodes, std::uint32_t replicas) const;
  /// Checkers whose outcome must appear (13.8), or after "not " must not; not in the digest.
  std::vector<std::string> expect;
  std::string digest;  // plan digest, hex SHA-256 of canonical_plan()
};

/// Seeded random faults, drawn from a stream that does not know the system.
struct SwarmPlan {
  bool on = false;
  std::vector<FaultKind> kinds;
  Time from{};
  Time until{};        // all healed by then
  Duration every{};    // mean time between beginnings (exponential)
  Duration lasting{};  // mean length (exponential)
  std::uint32_t at_once =
      0;  // crashed or cut nodes at a time; 0: what every system's fault model bears
  std::uint64_t loss_ppb = 0;  // strengths of the drawn faults: uniform from 0 to these
  Duration delay{};
  std::uint64_t slow_thousandths = 1000;
  Duration clock_offset{};
  std::int64_t drift_ppb = 0;
  Duration disk_sync{};
  std::uint64_t duplicate_ppb = 0;
  std::uint64_t reorder_ppb = 0;
  Duration reorder_by{};
};

struct Plan {
  std::string name;  // of the scenario; display only
  std::uint64_t seed = 1;
  Duration warm_up{};   // measured from here ...
  Duration duration{};  // ... to here; load is offered from 0 to here
  Duration drain{};     // then the world runs on this long without new load
  NetworkPlan network;
  HardwarePlan hardware;
  ClientsPlan clients;
  ModelChoice workload;
  GenesisSpec genesis;
  std::vector<FaultPlan> faults;          // ascending by `at`
  std::vector<OperationPlan> operations;  // ascending by `at`
  SwarmPlan swarm;
  std::vector<SystemPlan> systems;
  std::vector<std::string> notes;  // what the resolver wants people to know

  std::uint32_t nodes() const { return network.links.nodes; }
  Time end() const { return Time{duration + drain}; }
};

/// What this system's ledger begins with: the accounts all systems share, and its stakes.
inline GenesisSpec genesis_of(const Plan& plan, const SystemPlan& system) {
  GenesisSpec genesis = plan.genesis;
  genesis.stakes = system.stakes;
  genesis.params = &system.ledger.params;
  genesis.contract_model = system.contract.info;
  genesis.contract_params = &system.contract.params;
  genesis.contracts = system.contracts;
  return genesis;
}

/// How many replicas may be down at once for this system, whatever its operations come to: what its
/// fault model bears with the fewest members it may have.
std::uint32_t bearable_crashes(const Plan& plan, const SystemPlan& system);

/// What the digest binds besides the plan itself (DESIGN 13.6).
struct PlanVersions {
  std::string engine;  // EngineCapabilities::version
  std::uint32_t trace_schema = 0;
};

/// The resolved plan of one system as sorted `key = value` lines: everything that can change the
/// trace and nothing else. Names of scenario, system and files, `expect`, build, threads, sharing
/// and sinks are not in it; tables and matrices stand as the SHA-256 of their resolved content.
std::string canonical_plan(const Plan& plan, const SystemPlan& system,
                           const PlanVersions& versions);
std::string plan_digest(const Plan& plan, const SystemPlan& system, const PlanVersions& versions);

}  // namespace ledgerlab
