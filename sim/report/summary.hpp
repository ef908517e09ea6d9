// Several seeds of one system as medians with confidence intervals; verdicts; known metrics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/plan.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

struct MetricSummary {
  std::string name;
  std::string unit;
  double median = 0;
  /// Interval of the median by order statistics, covering at least 95 % from six seeds on; with
  /// fewer it is the range of the seeds (covering 1 - 2^(1-n)).
  double low = 0;
  double high = 0;
  std::size_t seeds = 0;  // in which the metric had a meaning
};

struct SystemSummary {
  std::string system;
  std::vector<const RunResult*> runs;
  std::vector<MetricSummary> metrics;
};

/// Runs grouped by system, both in the order of their first appearance. `runs` must outlive it.
std::vector<SystemSummary> summarise(const std::vector<RunResult>& runs);
MetricSummary summarise_metric(std::string name, std::string unit, std::vector<double> values);

/// How a metric of sim/measure looks in the table; a name that is not here is shown as it is.
struct MetricLook {
  std::string_view name;
  std::string_view label;  // with unit
  int decimals;
};
/// In the order of the table's rows.
const std::vector<MetricLook>& metric_looks();

enum class Verdict : std::uint8_t { pass, inconclusive, fail };
/// A violation, or an expected outcome that stayed away, is a fail (DESIGN 13.8).
Verdict judge(const std::vector<std::string>& expect, const RunResult& run);
inline Verdict judge(const SystemPlan& system, const RunResult& run) {
  return judge(system.expect, run);
}
/// The expected checkers without a finding.
std::vector<std::string> missing_outcomes(const std::vector<std::string>& expect,
                                          const RunResult& run);
inline std::vector<std::string> missing_outcomes(const SystemPlan& system, const RunResult& run) {
  return missing_outcomes(system.expect, run);
}
/// "pass", or how many of the seeds failed.
std::string verdict_text(const std::vector<std::string>& expect, const SystemSummary& system);

/// A figure with so many decimals, but never so few that a small value reads as zero.
std::string figure_text(double value, int decimals);
/// A row of the table: how the metric looks, and its label, for a name without a look as well.
struct MetricRow {
  std::string name;
  std::string label;
  int decimals;
};
/// The rows that have a figure in any of these systems, in the table's order.
std::vector<MetricRow> metric_rows(const std::vector<SystemSummary>& systems);
const MetricSummary* find_metric(const SystemSummary& system, std::string_view name);
bool is_saturated(const SystemSummary& system);
/// Some of what it committed is known to have had no effect.
bool is_partly_vain(const SystemSummary& system);
/// Latency of a saturated system is not to be compared (DESIGN 13.10).
bool is_latency(std::string_view metric);

}  // namespace ledgerlab
