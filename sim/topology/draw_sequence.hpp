// The draws of one construction (a graph, a placement): a numbered sequence of keyed draws in a
// stream that no node owns and no system can move.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "models/base/draw.hpp"

namespace ledgerlab {

class DrawSequence {
 public:
  /// Another attempt at the same construction takes draws of its own.
  DrawSequence(std::uint64_t seed, Purpose purpose, std::uint64_t attempt = 0)
      : seed_(seed), purpose_(purpose), counter_(attempt << 40) {}

  std::uint64_t next() { return draw64(seed_, stream, purpose_, counter_++); }
  std::uint64_t below(std::uint64_t n) { return draw_below(next(), n); }
  bool ppb(std::uint64_t parts) { return draw_ppb(next(), parts); }

  /// Fisher-Yates.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  static constexpr std::uint32_t stream = 0xffffffff;  // the plan's own: no node has this number
  std::uint64_t seed_;
  Purpose purpose_;
  std::uint64_t counter_;
};

}  // namespace ledgerlab
