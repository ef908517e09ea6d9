#include "sim/validate/closed_forms.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

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

namespace {

double poisson(double mean, std::uint64_t k) {
  const auto x = static_cast<double>(k);
  return std::exp(x * std::log(mean) - mean - std::lgamma(x + 1));
}

}  // namespace

double nakamoto_risk(double q, std::uint64_t z) {
  const double ratio = q / (1 - q);
  double safe = 0;
  for (std::uint64_t k = 0; z > 0 && k <= z; ++k) {
    safe += poisson(static_cast<double>(z) * ratio, k) *
            (1 - std::pow(ratio, static_cast<double>(z - k)));
  }
  return 1 - safe;
}

std::uint64_t nakamoto_linked_after(double q, double risk) {
  std::uint64_t z = 0;
  while (z < 999 && nakamoto_risk(q, z) >= risk) ++z;
  return z;
}

double bitcoin_mean_interval(std::uint64_t window, double interval) {
  const auto w = static_cast<double>(window);
  return w * interval / (w - 2);
}

double bitcoin_spread(std::uint64_t window) {
  return 1 / std::sqrt(static_cast<double>(window) - 3);
}

double homestead_mean_interval(double step) { return step / std::log(2.0); }

double mean_of_lesser_poisson(double a, double b) {
  // E min = sum over k of P(A > k) P(B > k).
  double above_a = 1, above_b = 1, sum = 0;
  const double lesser = std::min(a, b);
  for (std::uint64_t k = 0; static_cast<double>(k) < lesser + 12 * std::sqrt(lesser) + 30; ++k) {
    above_a -= poisson(a, k);
    above_b -= poisson(b, k);
    sum += std::max(above_a, 0.0) * std::max(above_b, 0.0);
  }
  return sum;
}

double double_spend(double q, std::uint64_t n) {
  // 1 - sum over m = 0..n of C(m+n-1, m) (p^n q^m - p^m q^n)
  const double p = 1 - q;
  double sum = 0;
  double ways = 1;
  for (std::uint64_t m = 0; m <= n; ++m) {
    const auto k = static_cast<double>(m);
    const auto of = static_cast<double>(n);
    if (m > 0) ways *= (k + of - 1) / k;
    sum += ways * (std::pow(p, of) * std::pow(q, k) - std::pow(p, k) * std::pow(q, of));
  }
  return 1 - sum;
}

double selfish_revenue(double a, double gamma) {
  return (a * (1 - a) * (1 - a) * (4 * a + gamma * (1 - 2 * a)) - a * a * a) /
         (1 - a * (1 + (2 - a) * a));
}

double selfish_orphans(double a, double gamma) {
  // Stationary probabilities of the leads 0, 0' (tie), 1, 2 and above (their figure 1).
  const double norm = 1 - 4 * a * a + 2 * a * a * a;
  const double none = (1 - 2 * a) / norm;
  const double tie = (1 - a) * (a - 2 * a * a) / norm;
  const double one = (a - 2 * a * a) / norm;
  const double two = one * a / (1 - a);
  const double more = 1 - none - tie - one - two;
  const double others = tie * gamma * (1 - a) + tie * (1 - gamma) * (1 - a) * 2 + none * (1 - a);
  const double pool = tie * a * 2 + tie * gamma * (1 - a) + two * (1 - a) * 2 + more * (1 - a);
  return 1 - others - pool;
}

double private_attack_threshold(double x) {
  // beta + beta (1-beta) x = 1 - beta
  if (x == 0) return 0.5;
  return ((2 + x) - std::sqrt((2 + x) * (2 + x) - 4 * x)) / (2 * x);
}

double push_mean_rounds(std::uint64_t n) {
  // left[k]: mean rounds until all n are informed, once k are.
  std::vector<double> left(n + 1, 0);
  for (std::uint64_t k = n - 1; k > 0; --k) {
    const std::uint64_t others = n - k;
    // hit[j]: probability that the throws so far have hit j of the others.
    std::vector<double> hit(others + 1, 0);
    hit[0] = 1;
    for (std::uint64_t thrown = 1; thrown <= k; ++thrown) {
      for (std::uint64_t j = std::min(thrown, others); j > 0; --j) {
        const double fresh = static_cast<double>(others - j + 1) / static_cast<double>(n - 1);
        const double stale = 1 - static_cast<double>(others - j) / static_cast<double>(n - 1);
        hit[j] = hit[j] * stale + hit[j - 1] * fresh;
      }
      hit[0] *= 1 - static_cast<double>(others) / static_cast<double>(n - 1);
    }
    double sum = 1;
    for (std::uint64_t j = 1; j <= others; ++j) sum += hit[j] * left[k + j];
    left[k] = sum / (1 - hit[0]);
  }
  return left[1];
}

double infect_and_die_reach(double c) {
  double r = 1;
  for (int i = 0; i < 10'000; ++i) r = 1 - std::exp(-c * r);
  return r;
}

double all_reached(double c) { return std::exp(-std::exp(-c)); }

double nobody_missed(std::uint64_t n, double c) {
  const auto others = static_cast<double>(n - 1);
  const double fanout = std::log(static_cast<double>(n)) + c;
  return std::exp(-others * std::pow(1 - fanout / others, others));
}

}  // namespace ledgerlab::validate
