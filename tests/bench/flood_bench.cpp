// Deliveries per second through the whole host: engine, CPU lanes, authenticator checks, trace
// hash. Every node sends 200 B to every other at once, once a round (a PBFT prepare phase).
#include <benchmark/benchmark.h>

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

}  // namespace
}  // namespace ledgerlab

BENCHMARK_MAIN();
