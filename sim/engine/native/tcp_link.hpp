// One direction of a TCP connection as the native engine's transport "tcp" has it: sequence
// numbers, congestion window, round-trip estimate. Pure state and integer rules; the engine has the
// links and the clock.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/engine/native/access_link.hpp"

namespace ledgerlab::native {

inline constexpr std::uint64_t initial_window_segments = 10;           // RFC 6928
inline constexpr std::uint64_t buffer_bytes = std::uint64_t{4} << 20;  // of sender and receiver
/// Acknowledgements of every second segment; a single one waits a fifth of the least timeout.
inline constexpr unsigned acknowledged_together = 2;
inline constexpr std::int64_t delayed_share = 5;

/// Round-trip estimate and timeout (RFC 6298), in nanoseconds.
struct RoundTrip {
  std::int64_t smoothed = -1;
  std::int64_t variation = 0;
  unsigned doublings = 0;

  void sample(std::int64_t trip) {
    if (smoothed < 0) {
      smoothed = trip;
      variation = trip / 2;
    } else {
      const std::int64_t off = trip > smoothed ? trip - smoothed : smoothed - trip;
      variation += (off - variation) / 4;
      smoothed += (trip - smoothed) / 8;
    }
  }
  std::int64_t timeout(std::int64_t least) const {
    const std::int64_t plain = smoothed < 0 ? std::max(least, std::int64_t{1'000'000'000})
                                            : std::max(least, later(smoothed, times(variation, 4)));
    return times(plain, std::uint64_t{1} << std::min(doublings, 6u));
  }
};

/// The sender's window (RFC 5681, counting acknowledged bytes as RFC 3465 and Linux do).
struct Window {
  std::uint64_t size = 0;  // bytes
  std::uint64_t threshold = buffer_bytes;

  void open(std::uint64_t segment) { size = initial_window_segments * segment; }
  void acknowledged(std::uint64_t bytes, std::uint64_t segment) {
    if (size < threshold) {
      size += bytes;
    } else {
      size += std::max<std::uint64_t>(1, segment * bytes / size);
    }
    size = std::min(size, buffer_bytes);
  }
  /// A lost packet seen by its followers: half of what is in flight (RFC 5681, 3.2).
  void halve(std::uint64_t in_flight, std::uint64_t segment) {
    threshold = std::max(in_flight / 2, 2 * segment);
    size = threshold;
  }
  /// A timeout: begin again with one segment (RFC 5681, 3.1).
  void collapse(std::uint64_t in_flight, std::uint64_t segment) {
    threshold = std::max(in_flight / 2, 2 * segment);
    size = segment;
  }
};

}  // namespace ledgerlab::native
