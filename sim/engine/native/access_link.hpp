// The arithmetic of an access link: serialisation times and a first-in-first-out queue, in integer
// nanoseconds that saturate instead of overflowing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/base/int128.hpp"

namespace ledgerlab::native {

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
inline constexpr std::uint64_t bit_ns_per_byte = 8'000'000'000;  // 8 bits in 10^9 ns a second

/// a + b for a, b >= 0, at most `never`.
constexpr std::int64_t later(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? never : sum;
}

/// a * count for a >= 0, at most `never`.
constexpr std::int64_t times(std::int64_t a, std::uint64_t count) {
  const Uint128 product = Uint128{static_cast<std::uint64_t>(a)} * count;
  return product > static_cast<Uint128>(never) ? never : static_cast<std::int64_t>(product);
}

/// Nanoseconds that `bytes` take on a link of `bps` bits a second, rounded up; 0 bps: unlimited.
constexpr std::int64_t serialisation_ns(std::uint64_t bytes, std::uint64_t bps) {
  if (bps == 0) return 0;
  if (bytes <= std::numeric_limits<std::uint64_t>::max() / bit_ns_per_byte) [[likely]] {
    const std::uint64_t work = bytes * bit_ns_per_byte;
    const std::uint64_t whole = work / bps + (work % bps != 0);
    return whole > static_cast<std::uint64_t>(never) ? never : static_cast<std::int64_t>(whole);
  }
  const Uint128 work = Uint128{bytes} * bit_ns_per_byte;
  const Uint128 whole = work / bps + (work % bps != 0);
  return whole > static_cast<Uint128>(never) ? never : static_cast<std::int64_t>(whole);
}

/// The same, remembering the last answer: most messages are as long as the one before, and a
/// division costs as much as the rest of an arrival.
class Serialisation {
 public:
  std::int64_t operator()(std::uint64_t bytes, std::uint64_t bps) {
    if (bytes != bytes_ || bps != bps_) {
      bytes_ = bytes;
      bps_ = bps;
      ns_ = serialisation_ns(bytes, bps);
    }
    return ns_;
  }

 private:
  std::uint64_t bytes_ = 0;
  std::uint64_t bps_ = 0;
  std::int64_t ns_ = 0;
};

/// One direction of a node's access link.
struct AccessLink {
  std::int64_t free_at = 0;     // when the last byte queued so far has passed
  std::int64_t serialised = 0;  // serialisation time of everything queued so far
  std::uint64_t bps = 0;

  /// Queues work that is ready at `ready`; when its last byte has passed.
  std::int64_t queue(std::int64_t ready, std::int64_t serialisation) {
    free_at = later(std::max(ready, free_at), serialisation);
    serialised = later(serialised, serialisation);
    return free_at;
  }
  /// How long the link has been busy up to `now`: what is queued beyond `now` is not counted yet.
  /// Between `now` and free_at an up-link may also idle, waiting for a future departure; that gap
  /// is taken off too, so that the answer never exceeds the time elapsed.
  std::int64_t busy_until(std::int64_t now) const {
    return std::max<std::int64_t>(0, serialised - std::max<std::int64_t>(0, free_at - now));
  }
};

}  // namespace ledgerlab::native
