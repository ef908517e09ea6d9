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
      blocks_(spec_.nodes),
      interner_(std::make_unique<TableInterner>()),
      effects_(std::make_unique<Effects>(*spec_.suite, *interner_, spec_.costs)),
      links_(std::make_unique<LinkState>(spec_.seed, spec_.nodes)),
      eager_(spec_.eager && engine_->capabilities().future_departure) {
  for (NodeId i = 0; i < spec_.replicas; ++i) replica_ids_.push_back(i);
  for (NodeId i = 0; i < spec_.nodes; ++i) {
    Node& n = nodes_[i];
    n.id = i;
    n.is_replica = i < spec_.replicas;
    n.disk_sync = spec_.hardware.disk_sync;
    n.cores_free.resize(spec_.hardware.cores - 1);
    set_slow(n, 1000);
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
  for (const Message* message : in_flight_) {
    if (message) {
      message->book.in_flight = 0;
      const MessageRef drop(message);
    }
  }
  for (Node& n : nodes_) {
    if (n.deferred) n.deferred->discard();
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
  for (const Node& n : nodes_) streams.push_back(n.stream.digest(blocks_[n.id]));
  return combine(streams);
}

std::uint64_t World::counted_events() const {
  std::uint64_t total = 0;
  for (const Node& n : nodes_) total += n.stream.records();
  return total;
}

Duration World::up_time(NodeId node) const {
  const Node& n = nodes_[node];
  return n.up_total + (n.alive ? engine_->now() - n.up_since : Duration{});
}

std::string World::check_books() const {
  std::uint64_t in_flight = 0;
  for (const Message* message : in_flight_) {
    if (message) in_flight += message->book.in_flight;
  }
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
    Time checks = now;
    for (const Time core : n.cores_free) checks = std::max(checks, core);
    if (n.check_busy >
        (checks - time_start) * static_cast<int>(std::max<std::size_t>(n.cores_free.size(), 1))) {
      return "the checking cores of node " + node + " were busy longer than time passed";
    }
    const Time until = std::max(now, n.lane_free);
    if (n.cpu_busy > until - time_start) {
      return "lane of node " + node + " was busy longer than time passed";
    }
    if (n.disk &&
        n.disk->busy > std::max(now, n.disk->due == time_never ? now : n.disk->due) - time_start) {
      return "disk of node " + node + " was busy longer than time passed";
    }
  }
  return {};
}

}  // namespace ledgerlab
