// Results as people and programs read them: terminal table, JSON, CSV.
#pragma once

#include <string>
#include <vector>

#include "sim/report/summary.hpp"

namespace ledgerlab {

/// What was asked for: one line saying network, load, time, seeds.
std::vector<std::string> plan_headline(const Plan& plan, std::size_t seeds);

/// One column a system, one row a metric; below it verdicts, faults, model cards.
std::string render_table(const Plan& plan, const std::vector<RunResult>& runs);

/// {"runs": [...], "reproduce": "..."}; with several seeds `lo` and `hi` (the interval of the
/// median over the seeds) stand beside each run's value, and "summary" holds the medians.
std::string render_json(const Plan& plan, const std::vector<RunResult>& runs,
                        const std::string& reproduce);

/// system,seed,metric,value,unit: one line a figure.
std::string render_csv(const std::vector<RunResult>& runs);

}  // namespace ledgerlab
