// Whole PBFT runs from a scenario, as `ledgerlab run` does them: real modules in all slots, costed
// crypto, the reference cost table, CPU lanes, link queues, simulated disks, trace hash, every
// checker and all metrics. Deliveries and decisions per second of thread CPU time, peak of resident
// memory (of the process so far: run one size at a time for its own).
#include <benchmark/benchmark.h>

#include "sim/run/run.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

std::string scenario(std::int64_t nodes, std::int64_t decisions) {
  const std::string pace = nodes <= 16 ? "100" : "20";  // transactions a second
  const std::int64_t seconds = decisions / std::stoll(pace);
  return "warm_up = \"0 s\"\nduration = \"" + std::to_string(seconds) +
         " s\"\ndrain = \"5 s\"\n[network]\nnodes = " + std::to_string(nodes) +
         "\nlatency = \"aws-21\"\nup = \"1 Gbit/s\"\ndown = \"1 Gbit/s\"\n"
         "[clients]\ncount = 1\n[genesis]\naccounts = 64\n[workload]\nmodel = \"constant\"\n"
         "rate = \"" +
         pace +
         " tx/s\"\n"
         "[[systems]]\nconsensus = \"pbft\"\n"
         "params = { checkpoint_interval = 16, water_mark_window = 64, max_inflight_batches = 64, "
         "view_timeout = \"20 s\" }\n";
}

void pbft(benchmark::State& state) {
  const Plan plan =
      load_plan(parse_scenario(scenario(state.range(0), state.range(1)), "bench.toml"), 1);
  double deliveries = 0;
  double decisions = 0;
  double cpu = 0;
  double peak = 0;
  for (auto _ : state) {
    const RunResult result = run_system(plan, plan.systems.front());
    if (!result.violations.empty()) state.SkipWithError(result.violations.front().text.c_str());
    deliveries += static_cast<double>(result.cost.deliveries);
    for (const BlockRow& block : result.blocks) decisions += block.final != time_never;
    cpu += result.cost.cpu_s;
    peak = static_cast<double>(result.cost.peak_rss_bytes) / 1e6;
    state.SetIterationTime(result.cost.cpu_s);
  }
  state.counters["deliveries/s"] = deliveries / cpu;
  state.counters["decisions/s"] = decisions / cpu;
  state.counters["decisions"] = decisions / static_cast<double>(state.iterations());
  state.counters["peak_MB"] = peak;
}
BENCHMARK(pbft)
    ->Args({16, 20'000})
    ->Args({64, 1'000})
    ->Args({128, 200})
    ->Args({256, 100})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ledgerlab

BENCHMARK_MAIN();
