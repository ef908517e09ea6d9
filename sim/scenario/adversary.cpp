// Who is Byzantine in a system, and whether its fault model bears them (DESIGN 13.8).
#include <algorithm>

#include "models/base/int128.hpp"
#include "sim/scenario/plan.hpp"

namespace ledgerlab {

std::vector<NodeId> SystemPlan::byzantine() const {
  std::vector<NodeId> nodes;
  for (const BehaviourPlan& b : behaviours)
    nodes.insert(nodes.end(), b.nodes.begin(), b.nodes.end());
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

std::vector<std::uint64_t> SystemPlan::shares_ppb(std::uint32_t replicas) const {
  if (!hash_share_ppb.empty()) return {hash_share_ppb.begin(), hash_share_ppb.end()};
  std::vector<std::uint64_t> shares(replicas, 1'000'000'000 / replicas);
  Uint128 whole = 0;
  for (const std::uint64_t stake : stakes) whole += stake;
  for (std::size_t i = 0; i < stakes.size(); ++i) {
    shares[i] = static_cast<std::uint64_t>(Uint128{stakes[i]} * 1'000'000'000 / whole);
  }
  return shares;
}

std::uint64_t SystemPlan::share_of_ppb(std::span<const NodeId> nodes,
                                       std::uint32_t replicas) const {
  const std::vector<std::uint64_t> shares = shares_ppb(replicas);
  std::uint64_t sum = 0;
  for (const NodeId node : nodes) sum += shares[node];
  return sum;
}

bool SystemPlan::bears(std::span<const NodeId> nodes, std::uint32_t replicas) const {
  if (nodes.empty()) return true;
  const FaultModel& model = consensus.info->fault_model;
  if (model.max_adversary_ppb != 0) {
    return share_of_ppb(nodes, replicas) <= model.max_adversary_ppb;
  }
  return nodes.size() <= model.max_byzantine(replicas);
}

}  // namespace ledgerlab
