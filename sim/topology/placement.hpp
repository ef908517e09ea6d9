// Which node lives in which region. Placement draws from a stream of its own and knows no system.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/topology/latency_data.hpp"

namespace ledgerlab {

// Each returns the region of every node, as NetworkSpec::region wants it. Errors are TopologyError.

/// Node i in region i mod regions.
std::vector<std::uint16_t> place_round_robin(std::uint32_t nodes, std::uint32_t regions);

/// As near to the shares (any positive unit) as whole nodes allow: largest remainders first, ties
/// to the earlier region; then shuffled, so that a node's number says nothing about its place.
std::vector<std::uint16_t> place_by_shares(std::uint32_t nodes,
                                           std::span<const std::uint64_t> shares,
                                           std::uint64_t seed);

/// One region id a node, in node order.
std::vector<std::uint16_t> place_listed(std::uint32_t nodes, std::span<const std::string> ids,
                                        const LatencyData& data);

}  // namespace ledgerlab
