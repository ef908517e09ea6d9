// The expected figures, as functions of the parameters (TARGETS.md).
#pragma once

#include <cstdint>

namespace ledgerlab::validate {

/// Stale share of all blocks: N equal miners, delay D from each to all others, x = D/T. Exact for
/// N = 2 and N to infinity; between them an interpolation, off by less than the error below
/// (2 * 10^7 blocks of a direct Monte Carlo at N = 3, 5, 10 and x = 0.05 to 1).
double stale_equal_miners(std::uint64_t miners, double x);
double stale_equal_miners_error(double x);
/// Two miners of shares p and 1-p.
double stale_two_miners(double p, double delay, double interval);

}  // namespace ledgerlab::validate
