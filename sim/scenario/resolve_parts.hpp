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

/// A node's number into `out`, or false after telling what was expected.
bool read_node(Resolving& r, const Value& value, const std::string& path,
               std::vector<NodeId>& out);
void sort_unique(std::vector<NodeId>& nodes);

}  // namespace ledgerlab
