#include "sim/validate/estimate.hpp"

#include <cmath>
#include <limits>

namespace ledgerlab::validate {
namespace {

constexpr double unknown = std::numeric_limits<double>::infinity();
// Below these a standard error says too little of itself.
constexpr std::uint64_t fewest_values = 10;
constexpr std::size_t fewest_batches = 20;

}  // namespace

Estimate Proportion::estimate() const {
  if (trials_ == 0) return {0, unknown, 0};
  const auto n = static_cast<double>(trials_);
  const double smooth = (static_cast<double>(successes_) + 1) / (n + 2);
  return {static_cast<double>(successes_) / n, std::sqrt(smooth * (1 - smooth) / n), trials_};
}

void Mean::add(double value) {
  ++n_;
  const double before = value - mean_;
  mean_ += before / static_cast<double>(n_);
  squares_ += before * (value - mean_);
}

double Mean::variance() const { return n_ < 2 ? unknown : squares_ / static_cast<double>(n_ - 1); }

Estimate Mean::estimate() const {
  const double se = n_ < fewest_values ? unknown : std::sqrt(variance() / static_cast<double>(n_));
  return {mean_, se, n_};
}

Estimate Deviation::estimate() const {
  const auto n = static_cast<double>(values_.size());
  double mean = 0;
  for (const double v : values_) mean += v / n;
  double second = 0, fourth = 0;
  for (const double v : values_) {
    const double square = (v - mean) * (v - mean);
    second += square / n;
    fourth += square * square / n;
  }
  const double sd = std::sqrt(second);
  if (values_.size() < fewest_values || sd == 0) return {sd, unknown, values_.size()};
  // var(s^2) = (m4 - m2^2) / n; the delta method halves it by the deviation.
  return {sd, std::sqrt((fourth - second * second) / n) / (2 * sd), values_.size()};
}

void Ratio::add(double numerator, double denominator) {
  batches_.push_back({numerator, denominator});
}

Estimate Ratio::estimate() const {
  double top = 0, bottom = 0;
  for (const Batch& b : batches_) {
    top += b.numerator;
    bottom += b.denominator;
  }
  const auto n = static_cast<std::uint64_t>(bottom);
  if (bottom <= 0) return {0, unknown, 0};
  const double ratio = top / bottom;
  if (batches_.size() < fewest_batches) return {ratio, unknown, n};
  double squares = 0;
  for (const Batch& b : batches_) {
    const double rest = b.numerator - ratio * b.denominator;
    squares += rest * rest;
  }
  const auto k = static_cast<double>(batches_.size());
  return {ratio, std::sqrt(squares * k / (k - 1)) / bottom, n};
}

}  // namespace ledgerlab::validate
