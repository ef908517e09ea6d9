// The little statistics that purposes judge by.
#pragma once

namespace ledgerlab::conformance {

/// Probability that a chi-square variable of so many degrees of freedom exceeds x.
double chi_square_tail(double x, int degrees);

}  // namespace ledgerlab::conformance
