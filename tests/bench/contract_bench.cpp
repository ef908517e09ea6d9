// The same jobs on every contract engine: calls and gas a second. A ledger in memory below, so that
// the engines are what is measured.
#include <benchmark/benchmark.h>

#include "models/parts/contract/abi.hpp"
#include "tests/contract_engine/engines.hpp"
#include "tests/support/memory_host.hpp"

namespace ledgerlab {
namespace {

using contract::abi;
using contract::abi_call;

Address person(Byte number) {
  Address out;
  out.data[19] = number;
  return out;
}

void run_job(benchmark::State& state, const EngineCase& engine_case, const std::string& job,
             const Bytes& input) {
  const auto engine = engine_case.make();
  MemoryHost host(*engine);
  host.gas_limit = 1'000'000'000;
  Bytes arguments;
  if (job == "erc20") arguments = contract::abi_encode(std::vector{abi(U256::max())});
  const auto made = host.deploy(person(1), engine_case.creation(job, arguments));
  std::int64_t gas = 0;
  for (auto _ : state) {
    // The events of earlier calls would be copied with the state of each.
    host.state.logs.clear();
    const auto result = host.send(person(1), made.created, {}, input);
    if (result.status != ContractStatus::success) state.SkipWithError(result.reason.c_str());
    gas += host.gas_limit - result.gas_left;
  }
  state.counters["calls/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["gas/s"] =
      benchmark::Counter(static_cast<double>(gas), benchmark::Counter::kIsRate);
}

void register_all() {
  const Bytes transfer = abi_call("transfer(address,uint256)", {abi(person(2)), abi(U256(1))});
  const Bytes look = abi_call("ownerOf(bytes32)", {abi(Hash256())});
  const Bytes compute = abi_call("compute(uint256)", {abi(U256(10'000))});
  for (const EngineCase& engine_case : engine_cases()) {
    for (const auto& [job, input] : std::vector<std::pair<std::string, Bytes>>{
             {"erc20", transfer}, {"registry", look}, {"heavy", compute}}) {
      benchmark::RegisterBenchmark(
          (job + "/" + engine_case.name).c_str(),
          [&engine_case, job = job, input = input](benchmark::State& state) {
            run_job(state, engine_case, job, input);
          });
    }
  }
}

}  // namespace
}  // namespace ledgerlab

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  ledgerlab::register_all();
  benchmark::RunSpecifiedBenchmarks();
}
