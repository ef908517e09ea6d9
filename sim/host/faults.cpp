// Faults: their boundaries cut the run into stretches in which the world's rules stand still, so
// that a node may run ahead inside one (DESIGN 6, 14).
#include <algorithm>

#include "models/base/int128.hpp"
#include "sim/host/links.hpp"
#include "sim/host/world.hpp"

namespace ledgerlab {

void World::schedule_faults() {
  for (std::size_t i = 0; i < spec_.faults.size(); ++i) {
    const FaultPlan& f = spec_.faults[i];
    if (f.at > spec_.end) continue;
    boundaries_.push_back({f.at, Boundary::Kind::fault_begin, i});
    if (f.until != time_never && f.until <= spec_.end) {
      boundaries_.push_back({f.until, Boundary::Kind::fault_end, i});
    }
  }
  for (std::size_t i = 0; i < spec_.operations.size(); ++i) {
    const OperationPlan& operation = spec_.operations[i];
    operation_calls_.push_back({Slot::consensus, Slot::consensus, 0, operation.operate});
    if (operation.at <= spec_.end) {
      boundaries_.push_back({operation.at, Boundary::Kind::operation, i});
    }
  }
  // Operations come last: they meet the world as the faults left it. Then by the scenario's order.
  std::stable_sort(boundaries_.begin(), boundaries_.end(),
                   [](const Boundary& a, const Boundary& b) {
                     return a.at != b.at ? a.at < b.at : a.kind < b.kind;
                   });
  fault_targets_.resize(spec_.faults.size());
}

void World::apply_boundary(Time at) {
  while (next_boundary_ < boundaries_.size() && boundaries_[next_boundary_].at == at) {
    const Boundary b = boundaries_[next_boundary_++];
    switch (b.kind) {
      case Boundary::Kind::fault_end:
        end_fault(b.index, at);
        break;
      case Boundary::Kind::fault_begin:
        begin_fault(b.index, at);
        break;
      case Boundary::Kind::operation:
        operate(b.index, at);
        break;
    }
  }
}

/// The call waits for the node's lane like any other input. Nobody hears it on a node that is down.
void World::operate(std::size_t index, Time at) {
  for (const NodeId id : find_target(spec_.operations[index].target)) {
    Node& n = nodes_[id];
    if (!n.alive) continue;
    LaneInput input;
    input.ready = at;
    input.kind = InputKind::call;
    input.slot = Slot::consensus;
    input.value = index;
    arrive(n, std::move(input));
    arm(n);
  }
}

std::vector<NodeId> World::find_target(const FaultTarget& target) const {
  if (target.kind == FaultTarget::Kind::nodes) return target.nodes;
  if (target.kind == FaultTarget::Kind::leader && leader_ != no_node && nodes_[leader_].alive) {
    return {leader_};
  }
  NodeId best = 0;
  const std::vector<std::uint64_t> blocks = produced();
  for (NodeId i = 1; i < spec_.replicas; ++i) {
    if (blocks[i] > blocks[best] || (blocks[i] == blocks[best] && hash_rate(i) > hash_rate(best))) {
      best = i;
    }
  }
  return {best};
}

/// Blocks by replica: those it found work for; where nobody searches, heights its head reached
/// first.
std::vector<std::uint64_t> World::produced() const {
  std::vector<std::uint64_t> blocks(spec_.replicas);
  for (NodeId i = 0; i < spec_.replicas; ++i) blocks[i] = found(i);
  for (const FirstHead& first : first_heads_) {
    if (first.node < spec_.replicas) ++blocks[first.node];
  }
  return blocks;
}

void World::begin_fault(std::size_t index, Time at) {
  const FaultPlan& f = spec_.faults[index];
  auto& targets = fault_targets_[index];
  if (f.kind != FaultKind::partition && !f.all_links) targets = find_target(f.target);
  applied_faults_.push_back({index, targets});
  const auto tell_begin = [&](NodeId node) {
    count(node, {at, node, EventType::fault_begin, Slot::consensus,
                 static_cast<std::uint16_t>(f.kind), 0, index, 0});
  };
  switch (f.kind) {
    case FaultKind::crash:
    case FaultKind::churn:
      for (const NodeId node : targets) {
        tell_begin(node);
        down_faults_[node].push_back(index);
        if (nodes_[node].alive) crash(node, at);
      }
      return;
    case FaultKind::partition:
    case FaultKind::loss:
    case FaultKind::delay:
    case FaultKind::duplicate:
    case FaultKind::reorder:
      links_->add(index, f, targets);
      link_faults_ = links_->any();
      tell_begin(targets.empty() ? 0 : targets.front());
      return;
    case FaultKind::slow:
    case FaultKind::clock:
    case FaultKind::disk:
      for (const NodeId id : targets) {
        tell_begin(id);
        Node& n = nodes_[id];
        if (f.kind == FaultKind::slow) set_slow(n, f.factor_thousandths);
        if (f.kind == FaultKind::clock) {
          n.clock_true = false;
          NodeClock& clock = clocks_[id];
          clock.change(at, clock.drift_ppb + f.drift_ppb, clock.wall_offset + f.offset);
        }
        if (f.kind == FaultKind::disk) disk_syncs_[id] = f.sync;
      }
      return;
  }
}

void World::end_fault(std::size_t index, Time at) {
  const FaultPlan& f = spec_.faults[index];
  const auto& targets = fault_targets_[index];
  const auto tell_end = [&](NodeId node) {
    count(node, {at, node, EventType::fault_end, Slot::consensus,
                 static_cast<std::uint16_t>(f.kind), 0, index, 0});
  };
  switch (f.kind) {
    case FaultKind::crash:
    case FaultKind::churn:
      for (const NodeId node : targets) {
        tell_end(node);
        // Another fault may still hold the node down.
        std::vector<std::size_t>& down = down_faults_[node];
        std::erase(down, index);
        const bool held = std::any_of(down.begin(), down.end(), [&](std::size_t other) {
          return spec_.faults[other].until > at;
        });
        if (!held && !nodes_[node].alive) restart(node, at);
      }
      return;
    case FaultKind::partition:
    case FaultKind::loss:
    case FaultKind::delay:
    case FaultKind::duplicate:
    case FaultKind::reorder:
      links_->remove(index);
      link_faults_ = links_->any();
      tell_end(targets.empty() ? 0 : targets.front());
      return;
    case FaultKind::slow:
    case FaultKind::clock:
    case FaultKind::disk:
      for (const NodeId id : targets) {
        tell_end(id);
        Node& n = nodes_[id];
        if (f.kind == FaultKind::slow) set_slow(n, 1000);
        if (f.kind == FaultKind::clock) {
          NodeClock& clock = clocks_[id];
          clock.change(at, clock.drift_ppb - f.drift_ppb, clock.wall_offset - f.offset);
        }
        if (f.kind == FaultKind::disk) disk_syncs_.erase(id);
      }
      return;
  }
}

void World::set_slow(Node& n, std::uint64_t thousandths) {
  // ns = ps * (slow / 1000) / (1000 * speed / 10^9), as a fraction of 2^54; rounded up, so that
  // whole nanoseconds come out whole.
  n.cost_scale = static_cast<std::uint64_t>(
      ((static_cast<Uint128>(1) << 54) * thousandths * 1'000 + spec_.hardware.speed_ppb - 1) /
      spec_.hardware.speed_ppb);
}

void World::crash(NodeId id, Time at) {
  Node& n = nodes_[id];
  // What was under way ends here: time not spent is taken off the books.
  if (n.queue && n.queue->due != time_never && !disk_busy_.empty()) {
    disk_busy_[id] -= n.queue->due - at;
  }
  if (n.lane_free > at) n.cpu_busy -= n.lane_free - at;
  for (Time& core : cores_of(id)) {
    if (core > at) check_busy_[id] -= core - at;
    core = at;
  }
  std::uint64_t lost = 0;
  const std::vector<Record> kept = disk_crash(n, &lost);
  count(id, {at, id, EventType::crash, Slot::consensus, 0, 0, n.incarnation, lost});
  while (waits_in_lane(n)) {
    const LaneInput input = n.waiting->inbox.pop();
    if (!input.message) continue;
    --stats_.waiting;
    if (input.dropped) {
      drop_message(input.ready, id, input.from, *input.message,
                   static_cast<DropReason>(input.value));
    } else {
      drop_message(at, id, input.from, *input.message, DropReason::receiver_down);
    }
  }
  if (n.waiting && n.waiting->deferred) {
    n.waiting->deferred->discard();
    spare_effects_.push_back(std::move(n.waiting->deferred));
    n.waiting->deferred_due = time_never;
  }
  let_go_if_empty(n);
  n.timers.clear();
  n.timer_min = time_never;
  if (id < searches_.size()) ++searches_[id].generation;
  n.found_due = time_never;
  n.alive = false;
  n.program.reset();
  auto& [up_since, up_before] = restarted_.try_emplace(id, time_start, Duration{}).first->second;
  up_before += at - up_since;
  n.lane_free = at;
  arm(n);
}

void World::restart(NodeId id, Time at) {
  ++nodes_[id].incarnation;
  restarted_[id].first = at;
  start_node(id, at);
}

void World::start_node(NodeId id, Time at) {
  Node& n = nodes_[id];
  n.alive = true;
  n.lane_free = at;
  n.program = spec_.make_node(id, n.incarnation);
  std::vector<Record> records;
  for (const ModuleLog& log : n.logs.all()) log.append_to(records);
  if (!records.empty()) n.program->restore(records);
  Input input;
  input.kind = InputKind::start;
  input.incarnation = n.incarnation;
  count(id, {at, id, EventType::start, Slot::consensus, 0, 0, n.incarnation, 0});
  effects_->begin(id);
  run_step(n, input, at, records);
  arm(n);
}

}  // namespace ledgerlab
