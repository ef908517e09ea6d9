// What the two files of generators share: limits and the making of compressed rows.
#pragma once

#include <string>

#include "sim/topology/topology.hpp"

namespace ledgerlab::topology_detail {

/// Refuses a network without nodes.
void require_nodes(std::uint32_t nodes);

/// Refuses more than max_topology_edges links, blaming `key` = `value`.
void require_edges(std::string key, std::uint64_t value, std::uint64_t edges);

/// Rows from edges that are known to be simple and in range.
Topology build(std::uint32_t nodes, std::span<const Edge> edges);

/// Linked where `topology` is not.
Topology complement(const Topology& topology);

}  // namespace ledgerlab::topology_detail
