// Proof-of-work worlds in which only delays matter, and what is folded from them.
#pragma once

#include "sim/validate/worlds.hpp"

namespace ledgerlab::validate {

struct PowWorld {
  std::uint32_t miners = 2;
  std::vector<std::uint64_t> shares;  // weights; empty: equal
  Duration interval = seconds(600);
  std::string rule = "none";          // how difficulty follows
  Duration latency = ms(1);
  std::string network;             // more lines of [network]
  std::string params;              // more parameters of pow, beginning with a comma
  std::uint64_t blocks = 2000;     // mean number of the world
  std::uint32_t depth = 100;       // settlement: deeper than any fork that is to be counted
  std::string tables;
  /// A head that has not moved for so long is no sign of a gap, unless a target says so.
  Duration poll = seconds(36'000'000);

  Setup setup() const;
};

/// Blocks of the last heights are left out: whether they stay is not known yet.
inline constexpr Height undecided = 40;

/// Adds one batch for every 100 heights of the chain: stale blocks, all blocks.
void add_stale_batches(BlockFold& blocks, Ratio& stale);

}  // namespace ledgerlab::validate
