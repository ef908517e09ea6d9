// The metrics of a run (DESIGN 7, 13.10): one table with name, unit, definition and the function
// that computes it. docs/metrics.md holds the same rows; a test compares.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sim/measure/evidence.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

/// What several metrics are made of. "Measured" transactions are those due in the measured time,
/// from the end of the warm-up to the end of the load; what the drain brings counts for them.
struct Figures {
  const Evidence& evidence;
  Time from{};  // measured time: [from, until)
  Time until{};
  std::vector<Duration> latencies;      // of measured, acknowledged transactions, ascending
  std::uint64_t offered = 0;            // measured transactions
  std::uint64_t accepted = 0;           // of these: admitted by a replica's pool
  std::uint64_t committed = 0;          // of these: in a final block by the end of the run
  std::uint64_t dropped = 0;            // of these: given up by their client, in no block
  std::uint64_t without_effect = 0;     // of the committed: their client was told of no effect
  std::uint64_t invalidated = 0;        // envelopes of measured transactions, found invalid
  std::uint64_t committed_in_time = 0;  // final within the measured time, whenever due
  std::uint64_t effective_in_time = 0;  // of these: not known to be without effect
  std::uint64_t committed_ever = 0;
  std::vector<Time> decided;  // first final of each canonical block, ascending

  explicit Figures(const Evidence& evidence_);
  double measured_seconds() const { return static_cast<double>(count_ns(until - from)) / 1e9; }
};

struct MetricInfo {
  std::string_view name;
  std::string_view unit;
  std::string_view definition;
  /// Nothing: without meaning here.
  std::optional<double> (*compute)(const Figures&);
};
/// In the order to print.
const std::vector<MetricInfo>& metric_table();

/// Of systems with a discovery model (overlay.cpp).
std::vector<MetricInfo> overlay_metrics();

/// Fills metrics, series, blocks, faults and saturated.
void measure(const Evidence& evidence, RunResult& result);

// What changes in the course of the run, and how latencies spread (series.cpp).
std::vector<SeriesPoint> time_series(const Figures& figures);
std::vector<LatencyCurve> latency_curves(const Figures& figures);

// Rows of the result besides the metrics (rows.cpp).
std::vector<BlockRow> block_rows(const Evidence& evidence);
std::vector<FaultRow> fault_rows(const Evidence& evidence);

}  // namespace ledgerlab
