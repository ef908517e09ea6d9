// Deliveries per second through the whole host: engine, CPU lanes, authenticator checks, trace
// hash. flood: every node sends 200 B to every other at once, once a round (a PBFT prepare phase).
// overlay_flood: messages spread from node to node over a random overlay, each node passing on what
// it sees first to all its peers but the one it came from.
#include <benchmark/benchmark.h>

#include "sim/topology/topology.hpp"
#include "tests/support/bench_world.hpp"

namespace ledgerlab {
namespace {

struct Vote {
  static constexpr MessageInfo info{1, "Vote", Role::vote, Auth::mac};
  std::uint64_t round = 0;
  Hash256 digest;
  std::array<std::uint64_t, 17> padding{};  // 8 + 8 + 32 + 136 + 16 = 200 bytes on the wire
  template <class A>
  void fields(A& a) {
    a(round, digest, padding);
  }
};

class Flooder final : public Module {
 public:
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::deliver) {
      votes_ += input.message->as<Vote>() != nullptr;
      return;
    }
    if (input.kind == InputKind::persisted) return;
    effects.broadcast(Vote{++round_, {}, {}});
    effects.set_timer({1, 0}, ms(5));
  }
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override { inspector.field("votes", votes_); }

 private:
  std::uint64_t round_ = 0;
  std::uint64_t votes_ = 0;
};

void flood(benchmark::State& state) {
  const auto nodes = static_cast<std::uint32_t>(state.range(0));
  testing::PlainSuite suite;
  std::uint64_t deliveries = 0;
  for (auto _ : state) {
    WorldSpec spec;
    spec.nodes = spec.replicas = nodes;
    spec.suite = &suite;
    spec.costs = testing::flood_costs();
    spec.end = time_at(state.range(1) * 5'000'000);
    spec.make_node = [](NodeId, std::uint64_t) { return std::make_unique<Flooder>(); };
    NetworkSpec net = testing::flat_network(nodes, ms(10), 1'000'000'000);
    World world(spec, make_native_engine(net));
    world.run_until(spec.end);
    if (!world.check_books().empty()) state.SkipWithError("books");
    benchmark::DoNotOptimize(world.trace_hash());
    deliveries += world.stats().delivered;
  }
  state.counters["deliveries/s"] =
      benchmark::Counter(static_cast<double>(deliveries), benchmark::Counter::kIsRate);
}
BENCHMARK(flood)->Args({16, 4000})->Args({64, 400})->Args({256, 20})->Unit(benchmark::kMillisecond);

struct Rumour {
  static constexpr MessageInfo info{2, "Rumour", Role::relay, Auth::none};
  std::uint32_t number = 0;
  template <class A>
  void fields(A& a) {
    a(number);
  }
};

class Spreader final : public Module {
 public:
  Spreader(NodeId self, std::span<const NodeId> peers, std::uint32_t rumours, std::uint32_t nodes)
      : self_(self), rumours_(rumours), nodes_(nodes), peers_(peers) {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::deliver) {
      const std::uint32_t number = input.message->as<Rumour>()->number;
      if (!seen(number)) pass_on(effects, input.from, input.message_ref());
    } else if (input.kind == InputKind::start) {
      // Rumour k begins at node k * nodes / rumours, one every 100 ms.
      for (std::uint32_t k = 0; k < rumours_; ++k) {
        if (std::uint64_t{k} * nodes_ / rumours_ == self_) {
          effects.set_timer({1, k}, static_cast<std::int64_t>(k) * ms(100));
        }
      }
    } else if (input.kind == InputKind::timer) {
      const auto number = static_cast<std::uint32_t>(input.timer.key);
      if (!seen(number)) pass_on(effects, no_node, effects.make(Rumour{number}));
    }
  }
  void restore(std::span<const Record>) override {}
  void inspect(Inspector&) const override {}
  void warm(unsigned depth) const override {
    if (depth != 0) return;
    __builtin_prefetch(peers_.data());
    __builtin_prefetch(&peers_.back());
  }

 private:
  bool seen(std::uint32_t number) {
    std::uint64_t& word = seen_[number / 64];
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    const bool before = (word & bit) != 0;
    word |= bit;
    return before;
  }
  void pass_on(Effects& effects, NodeId from, const MessageRef& message) {
    thread_local std::vector<NodeId> targets;
    targets.clear();
    for (const NodeId peer : peers_) {
      if (peer != from) targets.push_back(peer);
    }
    effects.multicast(targets, message);
  }

  NodeId self_;
  std::uint32_t rumours_;
  std::uint32_t nodes_;
  std::array<std::uint64_t, 2> seen_{};
  std::span<const NodeId> peers_;
};

void overlay_flood(benchmark::State& state) {
  const auto nodes = static_cast<std::uint32_t>(state.range(0));
  constexpr std::uint32_t rumours = 100;
  const Topology overlay = random_regular(nodes, 13, 1);
  testing::PlainSuite suite;
  std::uint64_t deliveries = 0;
  for (auto _ : state) {
    WorldSpec spec;
    spec.nodes = spec.replicas = nodes;
    spec.suite = &suite;
    spec.costs = testing::flood_costs();
    spec.end = Time{rumours * ms(100) + seconds(5)};
    spec.make_node = [&](NodeId node, std::uint64_t) {
      return std::make_unique<Spreader>(node, overlay.row(node), rumours, nodes);
    };
    NetworkSpec net = testing::flat_network(nodes, ms(50));
    net.jitter = JitterKind::uniform;
    net.jitter_ppm = 500'000;
    World world(spec, make_native_engine(net));
    world.run_until(spec.end);
    if (!world.check_books().empty()) state.SkipWithError("books");
    benchmark::DoNotOptimize(world.trace_hash());
    deliveries += world.stats().delivered;
    const std::uint64_t least = std::uint64_t{rumours} * nodes * 12 - rumours;
    if (world.stats().delivered < least) state.SkipWithError("somebody was not reached");
  }
  state.counters["deliveries/s"] =
      benchmark::Counter(static_cast<double>(deliveries), benchmark::Counter::kIsRate);
}
BENCHMARK(overlay_flood)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ledgerlab

BENCHMARK_MAIN();
