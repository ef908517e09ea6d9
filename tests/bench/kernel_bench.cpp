// Speed of the event queue beside std::priority_queue, and of the native engine under a sink that
// does next to nothing. Read the median of the repetitions, in items per CPU second:
//   kernel_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <queue>
#include <vector>

#include "models/base/draw.hpp"
#include "sim/engine/native/native.hpp"
#include "sim/kernel/event_queue.hpp"

namespace ledgerlab {
namespace {

constexpr std::int64_t hold_span_ns = 2'000'000'000;

/// A fast generator (SplitMix64, Steele, Lea, Flood 2014) so that the queue is what is measured.
class Increments {
 public:
  std::int64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = (state_ ^ state_ >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return static_cast<std::int64_t>(draw_below(z ^ z >> 31, hold_span_ns));
  }

 private:
  std::uint64_t state_ = 1;
};

/// The hold model (Vaucher and Duval, CACM 1975): take the earliest, put one back later.
void hold_buckets(benchmark::State& state) {
  const auto pending = static_cast<std::uint64_t>(state.range(0));
  Increments increments;
  EventQueue queue;
  for (std::uint64_t i = 0; i < pending; ++i)
    queue.push({increments.next(), i & (event_index_count - 1)});
  std::uint64_t held = 0;
  EventQueue::Instant instant;
  const auto hold = [&](std::uint64_t events) {
    for (const std::uint64_t until = held + events; held < until;) {
      queue.take_instant(std::numeric_limits<std::int64_t>::max(), instant);
      instant.for_each([&](const Event& event) {
        ++held;
        queue.push({event.time + increments.next(), event.packed});
      });
      queue.release(instant);
    }
  };
  hold(pending);
  const std::uint64_t before = held;
  for (auto _ : state) hold(1 << 16);
  state.SetItemsProcessed(static_cast<std::int64_t>(held - before));
  state.counters["bytes"] = static_cast<double>(queue.memory());
}

struct Numbered {
  std::int64_t time;
  std::uint64_t number;
  std::uint64_t packed;
  bool operator<(const Numbered& other) const {
    return time != other.time ? time > other.time : number > other.number;
  }
};

void hold_priority_queue(benchmark::State& state) {
  const auto pending = static_cast<std::uint64_t>(state.range(0));
  Increments increments;
  std::priority_queue<Numbered> queue;
  std::uint64_t number = 0;
  for (std::uint64_t i = 0; i < pending; ++i) queue.push({increments.next(), number++, i});
  const auto hold = [&](std::uint64_t events) {
    for (std::uint64_t i = 0; i < events; ++i) {
      const Numbered first = queue.top();
      queue.pop();
      queue.push({first.time + increments.next(), number++, first.packed});
    }
  };
  hold(pending);
  for (auto _ : state) hold(1 << 16);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) << 16);
}

BENCHMARK(hold_buckets)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(hold_priority_queue)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

/// How the network of a run is limited.
enum class Links : std::int64_t { unlimited, gigabit, gigabit_event_each };

NetworkSpec network(std::uint32_t nodes, Links links) {
  NetworkSpec spec;
  spec.nodes = nodes;
  spec.seed = 1;
  spec.regions = 8;
  for (std::uint32_t node = 0; node < nodes; ++node)
    spec.region.push_back(static_cast<std::uint16_t>(node % spec.regions));
  for (std::int64_t i = 0; i < spec.regions; ++i)
    for (std::int64_t j = 0; j < spec.regions; ++j)
      spec.latency.push_back(us(200) + us(3'137) * (i > j ? i - j : j - i) + us(j));
  if (links != Links::unlimited) {
    spec.up_bps.assign(nodes, 1'000'000'000);
    spec.down_bps.assign(nodes, 1'000'000'000);
  }
  return spec;
}

/// Every node sends to all others, and again when it has heard from all others: the load of a vote.
class AllToAll final : public EngineSink {
 public:
  AllToAll(Engine& engine, std::uint32_t nodes, bool early)
      : engine_(engine), early_(early), heard_(nodes) {
    for (NodeId node = 0; node < nodes; ++node) {
      peers_.emplace_back();
      for (NodeId peer = 0; peer < nodes; ++peer)
        if (peer != node) peers_.back().push_back(peer);
    }
  }
  void start() {
    for (NodeId node = 0; node < peers_.size(); ++node) send(node, engine_.now());
  }
  void on_message(Time ready, NodeId to, NodeId, Token) override {
    ++deliveries;
    if (++heard_[to] < peers_.size() - 1) return;
    heard_[to] = 0;
    if (deliveries < enough) send(to, ready);
  }
  void on_wake(NodeId) override {}
  bool may_deliver_early(NodeId, Time) override { return early_; }

  std::uint64_t deliveries = 0;
  std::uint64_t enough = 0;

 private:
  void send(NodeId node, Time at) { engine_.multicast(at, node, peers_[node], 200, node); }

  Engine& engine_;
  const bool early_;
  std::vector<std::vector<NodeId>> peers_;
  std::vector<std::uint32_t> heard_;
};

void all_to_all(benchmark::State& state) {
  const auto nodes = static_cast<std::uint32_t>(state.range(0));
  const auto links = static_cast<Links>(state.range(1));
  const std::unique_ptr<Engine> engine = make_native_engine(network(nodes, links));
  AllToAll sink(*engine, nodes, links != Links::gigabit_event_each);
  for (auto _ : state) {
    sink.enough += 2'000'000;
    sink.start();
    engine->run_until(engine->now() + seconds(1'000), sink);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(sink.deliveries));
  state.counters["events_per_delivery"] =
      static_cast<double>(engine->events()) / static_cast<double>(sink.deliveries);
}

BENCHMARK(all_to_all)
    ->ArgNames({"nodes", "links"})
    ->ArgsProduct({{64, 256, 1'000}, {0, 1, 2}})
    ->Unit(benchmark::kMillisecond);

/// Messages flooded over a random graph: a node passes on what it sees for the first time.
class Flood final : public EngineSink {
 public:
  Flood(Engine& engine, std::uint32_t nodes, std::uint32_t degree, bool early)
      : engine_(engine), early_(early), seen_(nodes), degree_(degree) {
    for (std::uint64_t i = 0; i < std::uint64_t{nodes} * degree; ++i) {
      const auto node = static_cast<NodeId>(i / degree);
      const auto other =
          static_cast<NodeId>(draw_below(draw64(1, node, Purpose{"bench.graph"}, i), nodes - 1));
      peers_.push_back(other < node ? other : other + 1);
    }
  }
  void start(NodeId origin, Token token) {
    seen_[origin] |= std::uint64_t{1} << token;
    pass_on(origin, token, engine_.now());
  }
  void on_message(Time ready, NodeId to, NodeId, Token token) override {
    ++deliveries;
    const std::uint64_t bit = std::uint64_t{1} << token;
    if ((seen_[to] & bit) != 0) return;
    seen_[to] |= bit;
    pass_on(to, token, ready);
  }
  void on_wake(NodeId) override {}
  bool may_deliver_early(NodeId, Time) override { return early_; }
  void forget() { seen_.assign(seen_.size(), 0); }

  std::uint64_t deliveries = 0;

 private:
  void pass_on(NodeId node, Token token, Time at) {
    engine_.multicast(at, node, {&peers_[std::size_t{node} * degree_], degree_}, 10'000, token);
  }

  Engine& engine_;
  const bool early_;
  std::vector<std::uint64_t> seen_;
  std::vector<NodeId> peers_;
  const std::uint32_t degree_;
};

void flood(benchmark::State& state) {
  const auto nodes = static_cast<std::uint32_t>(state.range(0));
  const auto links = static_cast<Links>(state.range(1));
  const std::unique_ptr<Engine> engine = make_native_engine(network(nodes, links));
  Flood sink(*engine, nodes, 8, links != Links::gigabit_event_each);
  constexpr Token at_once = 16;
  for (auto _ : state) {
    sink.forget();
    for (Token token = 0; token < at_once; ++token) sink.start(token * 611, token);
    engine->run_until(engine->now() + seconds(1'000), sink);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(sink.deliveries));
  state.counters["events_per_delivery"] =
      static_cast<double>(engine->events()) / static_cast<double>(sink.deliveries);
}

BENCHMARK(flood)
    ->ArgNames({"nodes", "links"})
    ->ArgsProduct({{10'000}, {0, 1, 2}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ledgerlab

BENCHMARK_MAIN();
