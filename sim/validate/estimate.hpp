// What is estimated from many simulated events, with its standard error. Faces may use floating
// point: nothing here reaches a trace.
#pragma once

#include <cstdint>
#include <vector>

namespace ledgerlab::validate {

struct Estimate {
  double value = 0;
  double se = 0;  // infinite while there is too little to tell
  std::uint64_t n = 0;
};

/// Anything that gives an estimate so far.
class Estimator {
 public:
  virtual ~Estimator() = default;
  virtual Estimate estimate() const = 0;
};

/// Share of independent trials that came out. The standard error is that of (k + 1) / (n + 2), so
/// that no success in a thousand trials is not taken for certainty.
class Proportion final : public Estimator {
 public:
  void add(bool success) { add(success ? 1 : 0, 1); }
  void add(std::uint64_t successes, std::uint64_t trials) {
    successes_ += successes;
    trials_ += trials;
  }
  Estimate estimate() const override;

 private:
  std::uint64_t successes_ = 0;
  std::uint64_t trials_ = 0;
};

/// Mean of independent values.
class Mean final : public Estimator {
 public:
  void add(double value);
  Estimate estimate() const override;
  double variance() const;  // of one value, unbiased

 private:
  std::uint64_t n_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // sum of squared differences from the mean (Welford)
};

/// Standard deviation of independent values; its standard error from the fourth moment.
class Deviation final : public Estimator {
 public:
  void add(double value) { values_.push_back(value); }
  Estimate estimate() const override;

 private:
  std::vector<double> values_;
};

/// Ratio of two sums over events that depend on their neighbours (stale blocks to all blocks): the
/// standard error is that of the ratio over batches, each much longer than the dependence.
class Ratio final : public Estimator {
 public:
  /// One batch; n counts the denominators.
  void add(double numerator, double denominator);
  Estimate estimate() const override;

 private:
  struct Batch {
    double numerator, denominator;
  };
  std::vector<Batch> batches_;
};

}  // namespace ledgerlab::validate
