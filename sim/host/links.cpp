#include "sim/host/links.hpp"

#include <algorithm>

#include "models/base/int128.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab {

std::string_view fault_kind_name(FaultKind kind) {
  static constexpr std::string_view names[] = {"crash",   "partition", "loss", "delay",
                                               "slow",    "clock",     "disk", "duplicate",
                                               "reorder", "churn"};
  return names[static_cast<std::size_t>(kind)];
}

void LinkState::add(std::size_t fault, const FaultPlan& plan, const std::vector<NodeId>& targets) {
  Active active{fault, &plan, {}};
  if (plan.kind != FaultKind::partition && !plan.all_links) {
    active.touched.resize(nodes_);
    for (const NodeId node : targets) active.touched[node] = true;
  }
  active_.push_back(std::move(active));
}

void LinkState::remove(std::size_t fault) {
  std::erase_if(active_, [&](const Active& a) { return a.fault == fault; });
}

bool LinkState::cut(NodeId from, NodeId to) const {
  for (const Active& a : active_) {
    if (a.plan->kind != FaultKind::partition) continue;
    const auto g = a.plan->groups[from];
    const auto h = a.plan->groups[to];
    if (g < 0 || h < 0 || g == h) continue;
    if (!a.plan->one_way || g == 0) return true;
  }
  return false;
}

namespace {

std::uint64_t key_of(NodeId from, NodeId to, std::uint64_t number) {
  return (std::uint64_t{from} << 20 | to) << 24 ^ number;
}

}  // namespace

const FaultPlan* LinkState::strongest(FaultKind kind, NodeId from, NodeId to) const {
  const FaultPlan* out = nullptr;
  for (const Active& a : active_) {
    if (a.plan->kind != kind || !a.touches(from, to)) continue;
    if (out == nullptr || a.plan->probability_ppb > out->probability_ppb) out = a.plan;
  }
  return out != nullptr && out->probability_ppb != 0 ? out : nullptr;
}

bool LinkState::drawn(Purpose purpose, NodeId from, NodeId to, std::uint64_t number,
                      std::uint64_t parts) const {
  return draw_ppb(draw64(seed_, from, purpose, key_of(from, to, number)), parts);
}

bool LinkState::lost(NodeId from, NodeId to) {
  const FaultPlan* fault = strongest(FaultKind::loss, from, to);
  return fault && drawn(Purpose("host.link.loss"), from, to, link(from, to).messages++,
                        fault->probability_ppb);
}

bool LinkState::duplicated(NodeId from, NodeId to) {
  const FaultPlan* fault = strongest(FaultKind::duplicate, from, to);
  return fault && drawn(Purpose("host.link.duplicate"), from, to, link(from, to).doubled++,
                        fault->probability_ppb);
}

Duration LinkState::overtaken(NodeId from, NodeId to) {
  const FaultPlan* fault = strongest(FaultKind::reorder, from, to);
  if (!fault) return {};
  const std::uint64_t number = link(from, to).held++;
  if (!drawn(Purpose("host.link.reorder"), from, to, number, fault->probability_ppb)) return {};
  const std::uint64_t u =
      draw64(seed_, from, Purpose("host.link.reorder_by"), key_of(from, to, number));
  return draw_uniform(u, ns(1), fault->by);
}

Time LinkState::held_until(NodeId from, NodeId to, Time depart) {
  Duration extra{};
  bool delays = false;
  for (const Active& a : active_) {
    if (a.plan->kind == FaultKind::delay && a.touches(from, to)) {
      extra += a.plan->by;
      delays = true;
    }
  }
  if (!delays) return depart;
  Link& l = link(from, to);
  l.last = std::max(l.last, depart + extra);
  return l.last;
}

namespace {

/// 2^256 / (t + 1) = (2^256 - t - 1) / (t + 1) + 1. All miners search for one target at a time: the
/// last division is remembered.
U256 mean_tries(const U256& target) {
  thread_local U256 last = U256::max();
  thread_local U256 tries = 1;
  if (target != last) {
    tries = (~target) / (target + U256(1)) + U256(1);
    last = target;
  }
  return tries;
}

}  // namespace

Duration mean_search_time(const U256& target, std::uint64_t hash_rate) {
  const U256 hashes = mean_tries(target);
  constexpr std::uint64_t limit = std::uint64_t{1} << 62;
  if (hashes.bit_length() <= 97) {  // times 10^9 below 2^127
    const Uint128 small = Uint128{hashes.words[1]} << 64 | hashes.words[0];
    const Uint128 mean = small * 1'000'000'000 / hash_rate;
    return Duration{static_cast<std::int64_t>(mean > limit ? limit : mean)};
  }
  const U256 nanoseconds =
      hashes.bit_length() > 220 ? U256::max() : hashes * U256(1'000'000'000) / U256(hash_rate);
  return Duration{
      static_cast<std::int64_t>(nanoseconds > U256(limit) ? limit : nanoseconds.low64())};
}

}  // namespace ledgerlab
