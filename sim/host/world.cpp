#include "sim/host/world.hpp"

#include <algorithm>
#include <stdexcept>

#include "models/base/lookup.hpp"
#include "sim/host/links.hpp"

namespace ledgerlab {
namespace {

/// Lookup only: dense numbers in order of first use; nothing is ordered by them.
class TableInterner final : public Interner {
 public:
  std::uint32_t intern(const Hash128& content) override {
    return *table_.try_emplace(content, static_cast<std::uint32_t>(table_.size())).first;
  }

 private:
  Lookup<Hash128, std::uint32_t, TagHash> table_;
};

}  // namespace

World::World(WorldSpec spec, std::unique_ptr<Engine> engine)
    : spec_(std::move(spec)),
      engine_(std::move(engine)),
      nodes_(spec_.nodes),
      searches_(std::min<std::size_t>(spec_.hash_rate.size(), spec_.nodes)),
      interner_(std::make_unique<TableInterner>()),
      effects_(std::make_unique<Effects>(*spec_.suite, *interner_, spec_.costs)),
      links_(std::make_unique<LinkState>(spec_.seed, spec_.nodes)),
      eager_(spec_.eager && engine_->capabilities().future_departure) {
  delivery_.kind = InputKind::deliver;
  for (NodeId i = 0; i < spec_.replicas; ++i) replica_ids_.push_back(i);
  for (NodeId i = 0; i < spec_.nodes; ++i) {
    Node& n = nodes_[i];
    n.id = i;
    n.is_replica = i < spec_.replicas;
    set_slow(n, 1000);
    if (i < searches_.size()) searches_[i].rate = spec_.hash_rate[i];
  }
  for (Sink* sink : spec_.sinks) {
    interest_ |= sink->interest();
    for (std::size_t t = 0; t < event_type_count; ++t) {
      if (sink->interest() >> t & 1) listeners_[t].push_back(sink);
    }
  }
  producers_matter_ = spec_.hash_rate.empty() &&
                      std::any_of(spec_.faults.begin(), spec_.faults.end(), [](const FaultPlan& f) {
                        return f.target.kind != FaultTarget::Kind::nodes;
                      });
  schedule_faults();
}

World::~World() {
  // Messages still in flight are held by the token table.
  for (const InFlight& under_way : in_flight_) {
    if (!under_way.message) continue;
    under_way.message->book.token = no_token;
    const MessageRef drop(under_way.message);
  }
  for (Node& n : nodes_) {
    if (n.waiting && n.waiting->deferred) n.waiting->deferred->discard();
  }
}

bool World::run_until(Time limit) {
  limit = std::min(limit, spec_.end);
  if (!started_) {
    started_ = true;
    horizon_ = std::min(spec_.end, boundaries_.empty() ? time_never : boundaries_.front().at);
    for (NodeId i = 0; i < nodes_.size(); ++i) start_node(i, time_start);
  }
  while (halted_.empty() && !stop_requested_) {
    const Time boundary =
        next_boundary_ < boundaries_.size() ? boundaries_[next_boundary_].at : time_never;
    if (boundary > limit) {
      engine_->run_until(limit, *this);
      break;
    }
    // Everything before the boundary's instant, then the fault, then that instant.
    if (boundary > engine_->now()) engine_->run_until(boundary - ns(1), *this);
    if (!halted_.empty() || stop_requested_) break;
    Time next = spec_.end;
    for (const Boundary& b : boundaries_) {
      if (b.at > boundary) {
        next = std::min(next, b.at);
        break;
      }
    }
    horizon_ = next;
    apply_boundary(boundary);
  }
  return halted_.empty() && !stop_requested_;
}

void World::tell(const Event& event) {
  for (Sink* sink : listeners_[static_cast<std::size_t>(event.type)]) sink->on_event(event);
}

Hash128 World::trace_hash() const {
  std::vector<Hash128> streams;
  streams.reserve(nodes_.size());
  for (const Node& n : nodes_) streams.push_back(n.chain.digest(n.block, n.filled));
  return combine(streams);
}

std::uint64_t World::counted_events() const {
  std::uint64_t total = 0;
  for (const Node& n : nodes_) total += n.chain.records() + n.filled;
  return total;
}

Duration World::up_time(NodeId node) const {
  const Node& n = nodes_[node];
  const auto life = restarted_.find(node);
  const auto [since, before] =
      life == restarted_.end() ? std::pair(time_start, Duration{}) : life->second;
  return before + (n.alive ? engine_->now() - since : Duration{});
}

std::string World::check_books() const {
  std::uint64_t in_flight = 0;
  for (const InFlight& under_way : in_flight_) in_flight += under_way.copies;
  std::uint64_t dropped = 0;
  for (const std::uint64_t d : stats_.dropped) dropped += d;
  const std::uint64_t accounted =
      stats_.delivered + dropped + in_flight + stats_.waiting + delayed_count_;
  if (stats_.sent + stats_.duplicated != accounted) {
    return "messages: sent " + std::to_string(stats_.sent) + " and duplicated " +
           std::to_string(stats_.duplicated) + ", but delivered, dropped, in flight " +
           "and waiting are " + std::to_string(accounted);
  }
  const Time now = engine_->now();
  for (const Node& n : nodes_) {
    const std::string node = std::to_string(n.id);
    if (engine_->uplink_busy(n.id) > now - time_start ||
        engine_->downlink_busy(n.id) > now - time_start) {
      return "a link of node " + node + " was busy longer than time passed";
    }
    if (!check_busy_.empty()) {
      const std::size_t cores = spec_.hardware.cores - 1;
      Time checks = now;
      for (std::size_t i = n.id * cores; i < (n.id + 1) * cores; ++i) {
        checks = std::max(checks, cores_[i]);
      }
      if (check_busy_[n.id] > (checks - time_start) * static_cast<std::int64_t>(cores)) {
        return "the checking cores of node " + node + " were busy longer than time passed";
      }
    }
    const Time until = std::max(now, n.lane_free);
    if (n.cpu_busy > until - time_start) {
      return "lane of node " + node + " was busy longer than time passed";
    }
    const Time synced = n.queue && n.queue->due != time_never ? n.queue->due : now;
    if (!disk_busy_.empty() && disk_busy_[n.id] > std::max(now, synced) - time_start) {
      return "disk of node " + node + " was busy longer than time passed";
    }
  }
  return {};
}

}  // namespace ledgerlab
