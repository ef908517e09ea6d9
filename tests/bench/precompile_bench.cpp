// What calls of precompiled contracts cost. Run with --benchmark_repetitions=9
// --benchmark_report_aggregates_only for medians.
#include <benchmark/benchmark.h>

#include <string>

#include "models/base/u256.hpp"
#include "models/parts/precompile/precompile.hpp"

namespace ledgerlab {
namespace {

std::string word(std::uint64_t value) { return to_hex(to_big_endian(U256(value))); }

const std::string g2 =
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
const std::string recoverable = "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c" +
                                word(28) +
                                "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
                                "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549";
const std::string evaluation =
    "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
    "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
    "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
    "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
    "5f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253"
    "fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a";

void call(benchmark::State& state, Byte number, const std::string& hex) {
  constexpr std::int64_t gas = 1'000'000'000;
  Address address;
  address.data[19] = number;
  const Bytes input = *from_hex(hex);
  std::int64_t left = gas;
  for (auto _ : state) {
    const auto outcome = precompile::run(address, Revision::cancun, input, gas);
    if (outcome.status != ContractStatus::success) state.SkipWithError("the call failed");
    left = outcome.gas_left;
    benchmark::DoNotOptimize(outcome.output.data());
  }
  state.counters["gas"] = benchmark::Counter(static_cast<double>(gas - left),
                                             benchmark::Counter::kIsIterationInvariantRate);
}

const std::string pair = word(1) + word(2) + g2;
const std::string f32(64, 'f');

BENCHMARK_CAPTURE(call, ecrecover, 1, recoverable);
BENCHMARK_CAPTURE(call, sha256_1024, 2, std::string(2048, '5'));
BENCHMARK_CAPTURE(call, ripemd160_1024, 3, std::string(2048, '5'));
BENCHMARK_CAPTURE(call, modexp_256_bits, 5, word(32) + word(32) + word(32) + f32 + f32 + f32);
BENCHMARK_CAPTURE(call, bn254_add, 6, word(1) + word(2) + word(1) + word(2));
BENCHMARK_CAPTURE(call, bn254_multiply, 7, word(1) + word(2) + f32);
BENCHMARK_CAPTURE(call, bn254_pairing_1, 8, pair);
BENCHMARK_CAPTURE(call, bn254_pairing_2, 8, pair + pair);
BENCHMARK_CAPTURE(call, blake2f_1024_rounds, 9, "00000400" + std::string(416, '0') + "01");
BENCHMARK_CAPTURE(call, point_evaluation, 10, evaluation);

}  // namespace
}  // namespace ledgerlab

BENCHMARK_MAIN();
