// Seeded random faults: drawn from a stream that does not know the system, so that compared systems
// meet the same crashes; never more nodes down or cut off at once than every system must bear.
#include <algorithm>

#include "sim/scenario/build.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint32_t swarm_stream = 0xffffe;

/// Draws of one fault, by its number and the aspect drawn.
struct FaultDraws {
  std::uint64_t seed;
  std::uint64_t number;
  std::uint64_t operator()(std::string_view aspect) const {
    return draw64(seed, swarm_stream, Purpose(aspect), number);
  }
};

std::uint32_t borne_at_once(const Plan& plan) {
  if (plan.swarm.at_once != 0) return std::min(plan.swarm.at_once, plan.network.replicas);
  std::uint32_t borne = plan.network.replicas;
  for (const SystemPlan& s : plan.systems) {
    const std::uint32_t crashed = bearable_crashes(plan, s);
    const auto byzantine = static_cast<std::uint32_t>(s.byzantine().size());
    borne = std::min(borne, crashed - std::min(crashed, byzantine));  // both count together
  }
  return borne;
}

/// Takes nodes out of service (crash, cut off): true if at every moment of the fault at most
/// `limit` different nodes are out.
bool bearable(const std::vector<FaultPlan>& faults, const FaultPlan& next,
              const std::vector<NodeId>& out, std::uint32_t limit) {
  std::vector<NodeId> all = out;
  for (const FaultPlan& f : faults) {
    if (f.until <= next.at || f.at >= next.until) continue;
    if (f.kind == FaultKind::crash) {
      all.insert(all.end(), f.target.nodes.begin(), f.target.nodes.end());
    } else if (f.kind == FaultKind::partition) {
      for (NodeId i = 0; i < f.groups.size(); ++i) {
        if (f.groups[i] == 0) all.push_back(i);
      }
    }
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all.size() <= limit;
}

std::vector<NodeId> draw_nodes(const FaultDraws& draw, std::uint32_t count, std::uint32_t n) {
  std::vector<NodeId> nodes;
  for (std::uint64_t i = 0; nodes.size() < count; ++i) {
    const auto node = static_cast<NodeId>(draw_below(
        draw64(draw.seed, swarm_stream, Purpose("swarm.node"), draw.number << 16 | i), n));
    if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

void set_strength(const SwarmPlan& swarm, const FaultDraws& draw, FaultPlan& f) {
  const auto up_to = [&](std::string_view aspect, std::uint64_t most) {
    return draw_below(draw(aspect), most + 1);
  };
  const auto signed_up_to = [&](std::string_view aspect, std::int64_t most) {
    return static_cast<std::int64_t>(up_to(aspect, 2 * static_cast<std::uint64_t>(most))) - most;
  };
  switch (f.kind) {
    case FaultKind::loss:
      f.probability_ppb = up_to("swarm.loss", swarm.loss_ppb);
      break;
    case FaultKind::delay:
      f.by = draw_uniform(draw("swarm.delay"), Duration{}, swarm.delay);
      break;
    case FaultKind::duplicate:
      f.probability_ppb = up_to("swarm.duplicate", swarm.duplicate_ppb);
      break;
    case FaultKind::reorder:
      f.probability_ppb = up_to("swarm.reorder", swarm.reorder_ppb);
      f.by = draw_uniform(draw("swarm.reorder_by"), ns(1), swarm.reorder_by);
      break;
    case FaultKind::slow:
      f.factor_thousandths =
          1000 + up_to("swarm.slow", std::max<std::uint64_t>(swarm.slow_thousandths, 1000) - 1000);
      break;
    case FaultKind::clock:
      f.offset = Duration{signed_up_to("swarm.offset", swarm.clock_offset.count())};
      f.drift_ppb = signed_up_to("swarm.drift", swarm.drift_ppb);
      break;
    case FaultKind::disk:
      f.sync = draw_uniform(draw("swarm.sync"), Duration{}, swarm.disk_sync);
      break;
    default:
      break;
  }
}

}  // namespace

void draw_churn(const Plan& plan, std::vector<FaultPlan>& faults) {
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    const FaultPlan& churn = plan.faults[i];
    if (churn.kind != FaultKind::churn) continue;
    faults[i].at = faults[i].until = time_never;
    faults[i].target.nodes.clear();
    const Time end = std::min(churn.until, plan.end());
    for (const NodeId node : churn.target.nodes) {
      Time at = churn.at;
      for (std::uint64_t number = 0;; ++number) {
        const auto draw = [&](std::string_view aspect, Duration mean) {
          const std::uint64_t u = draw64(plan.seed, node, Purpose(aspect), i << 32 | number);
          return ns(1) + draw_exponential(u, mean);
        };
        FaultPlan absence;
        absence.kind = FaultKind::churn;
        absence.at = at + draw("churn.session", churn.session);
        if (absence.at >= end) break;
        at = absence.until =
            std::min(churn.until, absence.at + draw("churn.absence", churn.absence));
        absence.target.nodes = {node};
        faults.push_back(std::move(absence));
      }
    }
  }
}

std::vector<FaultPlan> draw_swarm(const Plan& plan) {
  const SwarmPlan& swarm = plan.swarm;
  std::vector<FaultPlan> faults;
  if (!swarm.on || swarm.kinds.empty()) return faults;
  const std::uint32_t n = plan.network.replicas;
  const std::uint32_t limit = borne_at_once(plan);
  Time at = swarm.from;
  for (std::uint64_t number = 0;; ++number) {
    const FaultDraws draw{plan.seed, number};
    at += draw_exponential(draw("swarm.every"), swarm.every) + ns(1);
    if (at >= swarm.until) break;
    FaultPlan f;
    f.kind = swarm.kinds[draw_below(draw("swarm.kind"), swarm.kinds.size())];
    f.at = at;
    f.until =
        std::min(swarm.until, at + ms(1) + draw_exponential(draw("swarm.lasting"), swarm.lasting));
    if (f.until <= f.at) continue;
    if (f.kind == FaultKind::crash || f.kind == FaultKind::partition) {
      if (limit == 0) continue;
      const auto count = 1 + static_cast<std::uint32_t>(draw_below(draw("swarm.count"), limit));
      const std::vector<NodeId> out = draw_nodes(draw, count, n);
      if (!bearable(faults, f, out, limit)) continue;
      if (f.kind == FaultKind::crash) {
        f.target.nodes = out;
      } else {
        f.groups.assign(plan.nodes(), -1);
        for (NodeId i = 0; i < n; ++i) f.groups[i] = 1;
        for (const NodeId node : out) f.groups[node] = 0;
        f.one_way = draw_below(draw("swarm.one_way"), 3) == 0;
      }
    } else if (on_links(f.kind)) {
      f.all_links = true;
    } else {
      f.target.nodes = draw_nodes(draw, 1, n);
    }
    set_strength(swarm, draw, f);
    faults.push_back(std::move(f));
  }
  return faults;
}

}  // namespace ledgerlab
