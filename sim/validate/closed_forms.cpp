#include "sim/validate/closed_forms.hpp"

#include <cmath>

namespace ledgerlab::validate {

double stale_equal_miners(std::uint64_t miners, double x) {
  return (1 - 1 / static_cast<double>(miners)) * x / (1 + x);
}

double stale_equal_miners_error(double x) { return 0.008 * x * x; }

double stale_two_miners(double p, double delay, double interval) {
  const double x = p / interval;
  const double y = (1 - p) / interval;
  const double a = std::exp(2 * delay * x);
  const double b = std::exp(2 * delay * y);
  if (std::abs(x - y) < 1e-6 * (x + y)) return stale_equal_miners(2, delay / interval);
  return 1 - interval * (x * x * a - y * y * b) / (x * a - y * b);
}

}  // namespace ledgerlab::validate
