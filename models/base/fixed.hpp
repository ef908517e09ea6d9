// Logarithm, exponential and power on integers alone: the same bits on every compiler and machine
// (DESIGN 13.5). A "Qa.b" number is an integer that stands for itself divided by 2^b.
#pragma once

#include <cstdint>

#include "models/base/int128.hpp"

namespace ledgerlab::fixed {

/// -ln(u / 2^64) in Q6.58, for u in [1, 2^64]; u = 0 is read as 2^64, whose answer is 0.
/// Error below 2^-57, never negative, monotone up to that error.
std::uint64_t neg_ln_q58(std::uint64_t u);

/// log2(x) in Q64.64 for x >= 1 (x = 0 is refused by an assertion). Error below 2^-60.
Uint128 log2_q64(std::uint64_t x);

/// 2^fraction in Q1.63, fraction in Q0.64, so the result lies in [1, 2). Error below 2^-60.
std::uint64_t exp2_q63(std::uint64_t fraction);

/// x^y for x, y in [0, 1) as Q0.64 (0^0 = 1). A result of 1 is given as 2^64 - 1.
/// Error below 2^-59: Praos' phi(sigma) = 1 - (1-f)^sigma is 2^64 - pow_q64(1-f, sigma).
std::uint64_t pow_q64(std::uint64_t x, std::uint64_t y);

/// The integer part of the square root.
std::uint64_t square_root(Uint128 x);

/// The standard normal quantile of p = (u + 1/2) / 2^64, signed with 48 fractional bits:
/// Algorithm AS 241 (Wichura 1988). Error below 2^-40.
std::int64_t normal_quantile_q48(std::uint64_t u);

}  // namespace ledgerlab::fixed
