// `validate`: the simulation against closed forms and published figures.
#include <cmath>

#include "cli/commands.hpp"
#include "sim/scenario/document.hpp"
#include "sim/validate/render.hpp"

namespace ledgerlab::cli {
namespace {

using namespace validate;

int exit_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return exit_pass;
    case Verdict::inconc:
      return exit_inconclusive;
    case Verdict::fail:
      return exit_fail;
  }
  return exit_internal;
}

int unknown_target(const std::string& id) {
  std::vector<std::string> ids;
  std::string all;
  for (const Target& target : targets()) {
    ids.push_back(target.id);
    all += " " + target.id;
  }
  const std::string close = nearest(id, ids);
  complain("there is no target \"" + id + "\"" +
           (close.empty() ? "" : "; did you mean \"" + close + "\"?") + "\ntargets:" + all);
  return exit_usage;
}

/// What is to be run, with parameters checked before anything runs.
struct Chosen {
  const Target* target;
  Params params;
};

}  // namespace

int validate_targets(const ValidateArguments& arguments) {
  if (arguments.list) {
    return print(arguments.json ? targets_json() : targets_text()) ? exit_pass : exit_results;
  }
  Effort effort;
  effort.precision = arguments.full ? 0.005 : 0.02;
  effort.budget_s = arguments.budget_s;
  effort.seed = arguments.seed;
  effort.worlds = arguments.worlds;
  if (!(effort.budget_s > 0) || !std::isfinite(effort.budget_s)) {
    complain("--budget is in seconds of wall clock and above 0");
    return exit_usage;
  }
  std::vector<Chosen> chosen;
  if (arguments.id.empty()) {
    if (!arguments.settings.empty()) {
      complain("--set belongs to one target: name its id before it");
      return exit_usage;
    }
    for (const Target& target : targets()) chosen.push_back({&target, resolve_params(target, {})});
  } else {
    const Target* target = find_target(arguments.id);
    if (target == nullptr) return unknown_target(arguments.id);
    try {
      chosen.push_back({target, resolve_params(*target, arguments.settings)});
    } catch (const BadParameter& error) {
      complain(error.what());
      return exit_bad_scenario;
    }
  }
  std::vector<Outcome> outcomes;
  Verdict verdict = Verdict::pass;
  bool written = true;
  for (const Chosen& one : chosen) {
    outcomes.push_back(run_target(*one.target, one.params, effort));
    verdict = std::max(verdict, outcomes.back().verdict);
    if (!arguments.json && !arguments.markdown) written &= print(outcome_table(outcomes.back()));
  }
  if (arguments.json) {
    written &=
        print(arguments.id.empty() ? outcomes_json(outcomes) : outcome_json(outcomes.front()));
  } else if (arguments.markdown) {
    written &= print(outcomes_markdown(outcomes));
  }
  return written ? exit_of(verdict) : exit_results;
}

}  // namespace ledgerlab::cli
