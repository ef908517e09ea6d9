// The rows of a result besides its metrics: blocks and faults.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "sim/measure/metrics.hpp"

namespace ledgerlab {
namespace {

std::string node_list(const std::vector<NodeId>& nodes) {
  constexpr std::size_t shown = 8;
  std::string text = nodes.size() == 1 ? "node " : "nodes ";
  for (std::size_t i = 0; i < nodes.size() && i < shown; ++i) {
    text += (i ? ", " : "") + std::to_string(nodes[i]);
  }
  if (nodes.size() > shown) text += fmt::format(" and {} more", nodes.size() - shown);
  return text;
}

std::string partition_text(const FaultPlan& plan) {
  std::map<std::int32_t, std::uint32_t> sizes;
  for (const std::int32_t group : plan.groups) ++sizes[group];
  std::string text;
  for (const auto& [group, size] : sizes) {
    if (group >= 0) text += fmt::format("{}{}", text.empty() ? "" : " | ", size);
  }
  return fmt::format("partition into {} nodes{}", text, plan.one_way ? ", one way" : "");
}

std::string fault_text(FaultKind kind, const std::vector<NodeId>& nodes, const FaultPlan* plan,
                       bool has_leaders) {
  if (plan && kind == FaultKind::partition) return partition_text(*plan);
  std::string text = std::string(fault_kind_name(kind));
  if (plan && plan->all_links) return text + " on all links";
  if (kind == FaultKind::partition) return text;
  text += " of " + node_list(nodes);
  if (!plan || plan->target.kind == FaultTarget::Kind::nodes) return text;
  // Where nobody leads, the host takes the producer of most blocks instead.
  const bool leader = has_leaders && plan->target.kind == FaultTarget::Kind::leader;
  text += leader ? " (leader)" : " (producer of most blocks)";
  return text;
}

}  // namespace

std::vector<BlockRow> block_rows(const Evidence& e) {
  const Height settled =
      e.history.main().empty() ? 0 : e.block(e.history.main().back()).block->height;
  std::vector<BlockRow> out;
  for (RowIndex row = 0; row < e.chronicle.blocks().size(); ++row) {
    const auto& entry = e.block(row);
    if (!entry.block || entry.block->height == 0) continue;
    const Block& block = *entry.block;
    const Moment made = std::min(entry.mined, entry.final);
    out.push_back({block.height, to_hex(block.id), to_hex(block.parent), made.node, made.at,
                   entry.final.at, static_cast<std::uint32_t>(block.payload->count()),
                   block.bytes(), !e.history.canonical[row] && block.height <= settled});
  }
  std::sort(out.begin(), out.end(), [](const BlockRow& a, const BlockRow& b) {
    return std::tie(a.height, a.made, a.id) < std::tie(b.height, b.made, b.id);
  });
  return out;
}

std::vector<FaultRow> fault_rows(const Evidence& e) {
  struct Group {
    FaultKind kind = FaultKind::crash;
    std::vector<NodeId> nodes;
    Time at = time_never;
    Time until = time_never;
  };
  std::map<std::uint64_t, Group> groups;
  for (const auto& mark : e.chronicle.faults()) {
    // Every absence is a fault of its own: told as one.
    const bool churn = static_cast<FaultKind>(mark.kind) == FaultKind::churn;
    Group& g = groups[churn ? std::uint64_t(-1) : mark.index];
    g.kind = static_cast<FaultKind>(mark.kind);
    if (mark.begin) {
      g.at = std::min(g.at, mark.moment.at);
      g.nodes.push_back(mark.moment.node);
    } else {
      g.until = g.until == time_never ? mark.moment.at : std::max(g.until, mark.moment.at);
    }
  }
  std::vector<FaultRow> out;
  for (auto& [index, g] : groups) {
    std::sort(g.nodes.begin(), g.nodes.end());
    const std::size_t times = g.nodes.size();
    g.nodes.erase(std::unique(g.nodes.begin(), g.nodes.end()), g.nodes.end());
    // A swarm's faults are drawn for the world and not in the plan.
    const FaultPlan* plan = nullptr;
    if (index < e.plan.faults.size() && e.plan.faults[index].kind == g.kind &&
        e.plan.faults[index].at == g.at) {
      plan = &e.plan.faults[index];
    }
    std::string text =
        fault_text(g.kind, g.nodes, plan, !e.system.consensus.info->uses_hash_power);
    if (g.kind == FaultKind::churn) text += fmt::format(", away {} times", times);
    out.push_back({std::string(fault_kind_name(g.kind)), g.at, g.until, std::move(text)});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const FaultRow& a, const FaultRow& b) { return a.at < b.at; });
  return out;
}

}  // namespace ledgerlab
