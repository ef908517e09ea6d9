// The finite series of Abramowitz and Stegun, 26.4.4 (odd) and 26.4.5 (even).
#include "conformance/suite/statistics.hpp"

#include <cmath>

namespace ledgerlab::conformance {

double chi_square_tail(double x, int degrees) {
  if (degrees % 2 == 0) {
    double term = 1, sum = 1;
    for (int i = 1; i < degrees / 2; ++i) sum += term *= x / (2 * i);
    return std::exp(-x / 2) * sum;
  }
  double term = std::sqrt(x), sum = degrees > 1 ? term : 0;
  for (int i = 3; i < degrees; i += 2) sum += term *= x / i;
  return std::erfc(std::sqrt(x / 2)) + std::sqrt(2 / M_PI) * std::exp(-x / 2) * sum;
}

}  // namespace ledgerlab::conformance
