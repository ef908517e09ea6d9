// The parts of the resolver, one per group of sections. Private to this folder.
#pragma once

#include "sim/scenario/section.hpp"
#include "sim/topology/latency_data.hpp"

namespace ledgerlab {

/// What the parts share while they work.
struct Resolving {
  const Document& document;
  const Registry& registry;
  Problems& problems;
  Plan plan;
  LatencyData latency;  // empty regions: could not be read
  std::vector<std::uint16_t> replica_region;

  const Value* section(std::string_view name) const {
    const Entry* entry = document.root.find(name);
    return entry == nullptr ? nullptr : &entry->value;
  }
  /// Where a key of a section stands; the section, if it has none of that name.
  Place place(std::string_view name, std::string_view key) const {
    const Value* table = section(name);
    if (table == nullptr) return {};
    const Entry* entry = table->find(key);
    return entry ? entry->place : table->place;
  }
};

void resolve_network(Resolving& r);  // regions, latencies, links of the replicas, overlay
void resolve_hardware(Resolving& r);
void resolve_clients(Resolving& r);  // after the network: places, homes, links of all nodes
void resolve_workload(Resolving& r);
void resolve_systems(Resolving& r);
void resolve_faults(Resolving& r);  // after the clients
void resolve_swarm(Resolving& r);
void resolve_behaviours(Resolving& r);  // after systems and swarm
void resolve_operations(Resolving& r);  // after the systems
/// Of one system, when its models are known: engine and ledger, cost table, code of the contracts.
void resolve_contracts(Resolving& r, Section& section, SystemPlan& system);

// What the published platforms need (resolve_platform.cpp).
/// degree_cdf, connections and core_links of the overlay.
void read_published_overlay(Resolving& r, Section& network, TopologySpec& spec);
/// The core's places, over what `placement` says of them.
void read_core(Resolving& r, Section& network);
/// link_model with its keys, pareto delays.
void read_link_model(Resolving& r, Section& network);
/// Weights from a table { first = [...] } or { mean, deviation }; empty after telling why.
std::vector<std::uint64_t> read_weight_table(Resolving& r, Section& section, const char* key,
                                             const Value& value);

/// [network.latency] with between_pairs (pair_latency.cpp); empty after telling why.
LatencyData pair_latencies(Section& network, const Value& list, std::uint32_t replicas,
                           std::uint64_t seed);

/// A node's number into `out`, or false after telling what was expected.
bool read_node(Resolving& r, const Value& value, const std::string& path,
               std::vector<NodeId>& out);
void sort_unique(std::vector<NodeId>& nodes);

}  // namespace ledgerlab
