// Outcomes of the validation as people and programs read them.
#pragma once

#include <string>
#include <vector>

#include "sim/validate/target.hpp"

namespace ledgerlab::validate {

/// {"id", "params", "rows", "verdict", "plan_digest", "trace_hash", "wall_s", "reproduce"}.
std::string outcome_json(const Outcome& outcome);
/// The same, several in a list.
std::string outcomes_json(const std::vector<Outcome>& outcomes);
/// The terminal's table of one outcome, headed by a line with its parameters.
std::string outcome_table(const Outcome& outcome);
/// A line for every row; for docs/validation.md.
std::string outcomes_markdown(const std::vector<Outcome>& outcomes);
/// Ids, titles and parameters.
std::string targets_text();
std::string targets_json();

/// Parameters as they would be set: "D = 1 s, T = 5 s".
std::string params_text(const Target& target, const Params& params);

}  // namespace ledgerlab::validate
