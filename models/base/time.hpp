// Simulated time: integer nanoseconds on a clock that nobody can read without being handed it.
#pragma once

#include <chrono>
#include <cstdint>

namespace ledgerlab {

using Duration = std::chrono::duration<std::int64_t, std::nano>;

/// The clock of the simulated world. It has no now(): time is an input, never asked for.
struct SimClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SimClock, Duration>;
  static constexpr bool is_steady = true;
};

/// Nanoseconds since the start of the run.
using Time = SimClock::time_point;

inline constexpr Time time_start{};
inline constexpr Time time_never = Time::max();

constexpr Duration ns(std::int64_t n) { return Duration{n}; }
constexpr Duration us(std::int64_t n) { return Duration{n * 1'000}; }
constexpr Duration ms(std::int64_t n) { return Duration{n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return Duration{n * 1'000'000'000}; }
constexpr std::int64_t count_ns(Duration d) { return d.count(); }
constexpr std::int64_t count_ns(Time t) { return t.time_since_epoch().count(); }
constexpr Time time_at(std::int64_t nanoseconds) { return Time{Duration{nanoseconds}}; }

}  // namespace ledgerlab
