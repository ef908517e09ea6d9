// Private to models/parts/suite: the makers, and what both suites share.
#pragma once

#include "models/parts/suite/suite.hpp"

namespace ledgerlab {

std::unique_ptr<WorldSuite> make_costed_suite(std::uint64_t seed, WorkMode work);
std::unique_ptr<WorldSuite> make_real_suite(std::uint64_t seed, WorkMode work);

/// A lottery ticket: 64 bits that only the holder of the world's secret can compute.
std::uint64_t ticket(const Hash256& secret, const Hash256& header, const U256& target);

}  // namespace ledgerlab
