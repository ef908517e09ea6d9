// Results as people and programs read them: terminal table, JSON, CSV.
#pragma once

#include <string>
#include <vector>

#include "models/api/registry.hpp"
#include "sim/report/summary.hpp"

namespace ledgerlab {

/// What was asked for: one line saying network, load, time, seeds.
std::vector<std::string> plan_headline(const Plan& plan, std::size_t seeds);

/// "lottery" or "nonces tried"; empty without hash power.
std::string mining_text(const SystemPlan& system);

/// One column a system, one row a metric; below it verdicts, faults, model cards. With `ratios` the
/// other systems' figures are also told as multiples of the first one's, the baseline.
std::string render_table(const Plan& plan, const std::vector<RunResult>& runs, bool ratios = false);

/// "schema" of results.json; raised when a key is renamed, dropped or changes its meaning.
inline constexpr int results_json_version = 1;

/// What docs/reports.md describes: {"runs": [...], "reproduce": "..."}; with several seeds `lo` and
/// `hi` (the interval of the median over the seeds) stand beside each run's value, and "summary"
/// holds the medians.
std::string render_json(const Plan& plan, const std::vector<RunResult>& runs,
                        const std::string& reproduce);

/// The resolved plan: systems with models, parameters and digests.
std::string plan_json(const Plan& plan);
/// Every model with its parameters.
std::string models_json(const Registry& registry);

/// The files of --csv, each with a line of column names: one line a figure, a point, a block.
struct CsvFile {
  std::string name;
  std::string text;
};
std::vector<CsvFile> render_csv(const std::vector<RunResult>& runs);

}  // namespace ledgerlab
