#include "models/consensus/raft/configuration.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace ledgerlab::raft {
namespace {

bool ascending_replicas(const std::vector<NodeId>& list, std::uint32_t replicas) {
  const bool ascends = std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) ==
                       list.end();
  return ascends && (list.empty() || list.back() < replicas);
}

std::string numbers(const std::vector<NodeId>& list) {
  std::string text;
  for (const NodeId server : list) text += (text.empty() ? "" : " ") + std::to_string(server);
  return "{" + text + "}";
}

}  // namespace

bool Configuration::has(NodeId server) const {
  return std::binary_search(members.begin(), members.end(), server) ||
         std::binary_search(old_members.begin(), old_members.end(), server);
}

std::vector<NodeId> Configuration::all() const {
  std::vector<NodeId> out;
  std::set_union(members.begin(), members.end(), old_members.begin(), old_members.end(),
                 std::back_inserter(out));
  return out;
}

bool Configuration::sensible(std::uint32_t replicas) const {
  return !members.empty() && ascending_replicas(members, replicas) &&
         ascending_replicas(old_members, replicas);
}

std::string Configuration::describe() const {
  return joint() ? numbers(old_members) + "," + numbers(members) : numbers(members);
}

Configuration initial_configuration(std::uint32_t count, std::uint32_t replicas) {
  Configuration out;
  out.members.resize(count == 0 ? replicas : count);
  std::iota(out.members.begin(), out.members.end(), 0);
  return out;
}

}  // namespace ledgerlab::raft
