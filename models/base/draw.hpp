// Keyed draws: every random number of a run is a pure function of (seed, stream, purpose, counter),
// so that no draw changes because something else happened first. Philox4x32-10 (Salmon et al.,
// "Parallel random numbers: as easy as 1, 2, 3", SC'11) is the function; golden vectors pin it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "models/base/int128.hpp"
#include "models/base/time.hpp"

namespace ledgerlab {

/// What a draw is for: the FNV-1a hash of a name such as "raft.election_timeout".
struct Purpose {
  std::uint32_t id;
  constexpr explicit Purpose(std::string_view name) : id(2166136261u) {
    for (const char c : name) id = (id ^ static_cast<std::uint8_t>(c)) * 16777619u;
  }
};

/// Philox4x32 with ten rounds: 128 bits of counter, 64 bits of key, 128 bits out.
constexpr std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                                     std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xd2511f53} * counter[0];
    const std::uint64_t p1 = std::uint64_t{0xcd9e8d57} * counter[2];
    counter = {
        static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key = {key[0] + 0x9e3779b9, key[1] + 0xbb67ae85};
  }
  return counter;
}

/// 64 uniform bits for (seed, stream, purpose, counter). Stream is a node or a plan-wide stream.
constexpr std::uint64_t draw64(std::uint64_t seed, std::uint32_t stream, Purpose purpose,
                               std::uint64_t counter) {
  const auto out =
      philox4x32_10({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                     stream, purpose.id},
                    {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return out[0] | std::uint64_t{out[1]} << 32;
}

/// The draws of one node in one life: what a module's input carries.
class Draws {
 public:
  Draws() = default;
  /// `node` below 2^20 and `incarnation` below 2^12 share one word of the counter.
  Draws(std::uint64_t seed, std::uint32_t node, std::uint32_t incarnation)
      : seed_(seed), stream_(node | incarnation << 20) {}

  /// 64 uniform bits; the key is the module's own (term, slot, attempt), never a hidden counter.
  std::uint64_t operator()(Purpose purpose, std::uint64_t key) const {
    return draw64(seed_, stream_, purpose, key);
  }

 private:
  std::uint64_t seed_ = 0;
  std::uint32_t stream_ = 0;
};

// Distributions in fixed point: u is 64 uniform bits, results are integers, no floating point.
// Golden vectors: models/base/testdata/draws.tsv.

/// Uniform in [0, n), n > 0, by the high half of the 128-bit product.
constexpr std::uint64_t draw_below(std::uint64_t u, std::uint64_t n) {
  return static_cast<std::uint64_t>((Uint128{u} * n) >> 64);
}

/// Uniform in [low, high], both ends included.
constexpr Duration draw_uniform(std::uint64_t u, Duration low, Duration high) {
  return low + Duration{static_cast<std::int64_t>(
                   draw_below(u, static_cast<std::uint64_t>((high - low).count()) + 1))};
}

/// True with probability parts / 10^9.
constexpr bool draw_ppb(std::uint64_t u, std::uint64_t parts) {
  return draw_below(u, 1'000'000'000) < parts;
}

/// Exponential with the given mean: -ln(U) * mean, U in (0, 1], rounded down.
Duration draw_exponential(std::uint64_t u, Duration mean);

/// Exponential with mean = numerator / denominator nanoseconds, both up to 2^63 and the denominator
/// not zero: what a search with a given target and hash rate takes. Saturates at Duration::max.
Duration draw_exponential_ratio(std::uint64_t u, std::uint64_t numerator,
                                std::uint64_t denominator);

/// Normal with the given mean and standard deviation, truncated at zero (inverse transform).
Duration draw_normal(std::uint64_t u, Duration mean, Duration deviation);

/// Pareto: scale * U^(-1/shape), shape in thousandths and not zero. Saturates at Duration::max.
Duration draw_pareto(std::uint64_t u, Duration scale, std::uint32_t shape_thousandths);

}  // namespace ledgerlab
