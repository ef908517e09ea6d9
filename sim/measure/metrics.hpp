// The metrics of a run (DESIGN 7, 13.10), each with unit and definition in one table.
#pragma once

#include <string_view>
#include <vector>

#include "sim/measure/evidence.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

struct MetricInfo {
  std::string_view name;
  std::string_view unit;
  std::string_view definition;
};
/// In the order to print. docs/metrics.md holds the same rows; a test compares.
const std::vector<MetricInfo>& metric_table();

/// Fills metrics, series, blocks, faults and saturated.
void measure(const Evidence& evidence, RunResult& result);

}  // namespace ledgerlab
