// Round robin, by shares, or as listed.
#include "sim/topology/placement.hpp"

#include <algorithm>
#include <numeric>

#include "models/base/int128.hpp"
#include "sim/topology/draw_sequence.hpp"
#include "sim/topology/topology.hpp"

namespace ledgerlab {

std::vector<std::uint16_t> place_round_robin(std::uint32_t nodes, std::uint32_t regions) {
  if (regions == 0 || regions > 65'535) {
    throw TopologyError("placement.regions",
                        " = " + std::to_string(regions) + " is impossible: use 1 to 65535 regions");
  }
  std::vector<std::uint16_t> out(nodes);
  for (std::uint32_t i = 0; i < nodes; ++i) out[i] = static_cast<std::uint16_t>(i % regions);
  return out;
}

std::vector<std::uint16_t> place_by_shares(std::uint32_t nodes,
                                           std::span<const std::uint64_t> shares,
                                           std::uint64_t seed) {
  Uint128 total = 0;
  for (const std::uint64_t share : shares) total += share;
  if (total == 0 || total > ~std::uint64_t{0} || shares.size() > 65'535) {
    throw TopologyError("placement.shares",
                        " of " + std::to_string(shares.size()) +
                            " regions cannot be used: give 1 to 65535 shares whose sum is above 0");
  }
  std::vector<std::uint32_t> count(shares.size());
  std::vector<std::uint64_t> remainder(shares.size());
  std::uint32_t placed = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const Uint128 quota = Uint128{nodes} * shares[i];
    count[i] = static_cast<std::uint32_t>(quota / total);
    remainder[i] = static_cast<std::uint64_t>(quota % total);
    placed += count[i];
  }
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  for (std::size_t i = 0; placed < nodes; ++i, ++placed) ++count[order[i]];
  std::vector<std::uint16_t> out;
  out.reserve(nodes);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    out.insert(out.end(), count[i], static_cast<std::uint16_t>(i));
  }
  DrawSequence(seed, Purpose("placement.shuffle")).shuffle(std::span(out));
  return out;
}

std::vector<std::uint16_t> place_listed(std::uint32_t nodes, std::span<const std::string> ids,
                                        const LatencyData& data) {
  if (ids.size() != nodes) {
    throw TopologyError("placement.regions", " lists " + std::to_string(ids.size()) +
                                                 " regions for " + std::to_string(nodes) +
                                                 " nodes: list exactly one for each node");
  }
  std::vector<std::uint16_t> out;
  out.reserve(nodes);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    out.push_back(data.region(ids[i], "placement.regions[" + std::to_string(i) + "]"));
  }
  return out;
}

}  // namespace ledgerlab
