// Measures what the rows of the cost table take on this machine, as thread CPU time, and writes
// them as a table that a scenario may name. It changes no run by itself (DESIGN 13.6).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/api/crypto.hpp"

namespace ledgerlab {

/// One row: picoseconds an operation, median and quartiles over the repetitions.
struct MeasuredCost {
  Operation operation = Operation::user;
  std::string method;  // what was done and how
  double median_ps = 0;
  double low_ps = 0;
  double high_ps = 0;
  std::size_t repetitions = 0;
};

struct Calibration {
  std::vector<MeasuredCost> rows;  // every operation but `user`, in the order of the table
  /// What the figures hold for: "cpu", "kernel", "compiler", "libraries", "date".
  std::vector<std::pair<std::string, std::string>> origin;
};

/// The CPU nanoseconds that so many operations took.
using CostBatch = std::function<std::int64_t(std::size_t count)>;
struct CostProbe {
  Operation operation;
  std::string method;
  /// Prepares what the operation needs; called once, before its batches.
  std::function<CostBatch()> prepare;
  double units = 1;  // of the row in one operation of the batch, as bytes in a hash
};
/// How each row is measured (probes.cpp).
std::vector<CostProbe> cost_probes();

/// Measures `seconds` of CPU time in all, besides preparation. Throws std::runtime_error if a probe
/// cannot run here.
Calibration calibrate(double seconds, const std::function<void(Operation)>& progress = {});

/// The table as a .costs file: rows with method, repetitions and spread, origin above them.
std::string cost_file(const Calibration& calibration);
/// For people, against another table; and for programs.
std::string calibration_table(const Calibration& calibration, const CostTable& reference);
std::string calibration_json(const Calibration& calibration, const CostTable& reference);

}  // namespace ledgerlab
