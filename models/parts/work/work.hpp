// Proof-of-work arithmetic as integers: Bitcoin's compact targets, the work of a block, the rules
// that set the next block's difficulty (Bitcoin's 2016-block window, Ethereum Homestead's per-block
// rule of EIP-2), and the settlement depth for a stated risk (Rosenfeld 2012).
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/u256.hpp"

namespace ledgerlab::work {

/// What a compact number says: sign, size and value, before any rule judges it.
struct CompactValue {
  U256 value;
  bool negative = false;
  bool overflow = false;
};

/// Bitcoin's "nBits": one byte of size in bytes, three of mantissa whose top bit is a sign.
CompactValue decode_compact(std::uint32_t bits);
/// The compact form; three to two significant bytes survive, the rest is cut off.
std::uint32_t encode_compact(const U256& value);
/// The target, or nothing for a negative, zero or overflowing one.
std::optional<U256> target_from_compact(std::uint32_t bits);

/// Hashes a block of this target takes on average, 2^256 / (target + 1): its weight.
U256 block_work(const U256& target);
/// The target that takes `tries` hashes on average; exact for powers of two.
U256 target_for_tries(const U256& tries);

/// Bitcoin's rule, times in any one unit.
struct BitcoinRule {
  U256 limit = U256::max();                 // easiest target
  std::uint64_t timespan = 14 * 24 * 3600;  // what a window should take
};
/// The compact target of the next window. `first` is the time of the window's first block, `last`
/// that of its last one: 2016 blocks, but 2015 gaps, the off-by-one of the rule in force.
std::uint32_t bitcoin_retarget(const BitcoinRule& rule, std::uint32_t bits, std::uint64_t first,
                               std::uint64_t last);

/// Ethereum's rule from Homestead (EIP-2), times in any one unit.
struct HomesteadRule {
  std::uint64_t step = 10;       // a block within this time raises the difficulty
  std::uint64_t divisor = 2048;  // largest change upward is parent / divisor
  std::uint64_t steps_down_max = 99;
  U256 minimum = 131072;
  std::uint64_t bomb_period = 0;  // 100,000 on the main network; 0: no bomb
};
/// Difficulty of block `number`, later than its parent.
U256 homestead_difficulty(const HomesteadRule& rule, const U256& parent_difficulty,
                          std::uint64_t parent_time, std::uint64_t time, std::uint64_t number);

/// Probability, in parts per 10^9 rounded up, that an adversary with `share_ppb` of all hash power
/// reverses a block with n confirmations, one block mined ahead (Rosenfeld, "Analysis of
/// hashrate-based double spending", 2012, equation 1 and table 1).
std::uint64_t reversal_risk_ppb(std::uint64_t share_ppb, std::uint32_t confirmations);

/// The same by the rule of Nakamoto's paper (section 11): the attacker's progress while z blocks are
/// linked after the transaction's is a Poisson variable. Rounded up to parts per 10^9.
std::uint64_t nakamoto_risk_ppb(std::uint64_t share_ppb, std::uint32_t linked_after);

/// Smallest number of confirmations whose reversal risk is below `risk_ppb`; nothing if there is
/// none up to `most` (a share of a half or more reverses everything).
std::optional<std::uint32_t> settlement_depth(std::uint64_t share_ppb, std::uint64_t risk_ppb,
                                              std::uint32_t most = 1000);

}  // namespace ledgerlab::work
