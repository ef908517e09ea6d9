// Block gossip of proof of work over 10,000 nodes: the real stack (relay, mempool, consensus,
// ledger) from a scenario, costed crypto, CPU lanes and trace hash on, an overlay of degree 8.
// No transaction waits, so templates are not renewed. Deliveries a second and the peak of resident
// memory.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "sim/scenario/build.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

std::string scenario(std::int64_t nodes, std::int64_t blocks) {
  return "duration = \"" + std::to_string(blocks * 10) +
         " s\"\ndrain = \"1 s\"\n[network]\nnodes = " + std::to_string(nodes) +
         "\ntopology = \"random-regular\"\ndegree = 8\nlatency = \"simblock-2019\"\n"
         "placement = \"shares\"\nup = \"100 Mbit/s\"\ndown = \"100 Mbit/s\"\n"
         "[clients]\ncount = 0\n[genesis]\naccounts = 2\n"
         "[[systems]]\nconsensus = \"pow\"\nparams = { block_interval = \"10 s\", "
         "template_refresh = \"1 h\" }\n";
}

void gossip(benchmark::State& state) {
  std::uint64_t deliveries = 0;
  std::uint64_t blocks = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const Plan plan =
        load_plan(parse_scenario(scenario(state.range(0), state.range(1)), "bench.toml"), 1);
    state.ResumeTiming();
    BuiltWorld built(plan, plan.systems.front(), {});
    built.world().run_until(plan.end());
    if (!built.world().check_books().empty()) state.SkipWithError("books");
    benchmark::DoNotOptimize(built.world().trace_hash());
    deliveries += built.world().stats().delivered;
    for (NodeId node = 0; node < plan.network.replicas; ++node) {
      blocks += built.world().found(node);
    }
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["deliveries/s"] =
      benchmark::Counter(static_cast<double>(deliveries), benchmark::Counter::kIsRate);
  state.counters["blocks"] = static_cast<double>(blocks);
  state.counters["peak_MB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(gossip)->Args({1'000, 50})->Args({10'000, 50})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ledgerlab

BENCHMARK_MAIN();
