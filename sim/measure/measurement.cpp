// One run, measured: chronicle and checkers as sinks, then verdicts and metrics.
#include "sim/measure/measurement.hpp"

#include <algorithm>

#include "sim/scenario/build.hpp"

namespace ledgerlab {

Measurement::Measurement(const Plan& plan, const SystemPlan& system)
    : plan_(plan),
      system_(system),
      chronicle_(plan.nodes()),
      checkers_(make_checkers(plan, system)) {}

std::vector<Sink*> Measurement::sinks() {
  std::vector<Sink*> out{&chronicle_};
  for (const auto& checker : checkers_) {
    if (checker->interest() != 0) out.push_back(checker.get());
  }
  return out;
}

void Measurement::finish(BuiltWorld& built, RunResult& result) {
  finish(built.world(), &built.suite(), result);
}

void Measurement::finish(const World& world, CryptoSuite* suite, RunResult& result) {
  const Evidence evidence(plan_, system_, world, chronicle_, suite);
  std::vector<std::string> missing = system_.expect;
  for (std::size_t i = 0; i < checkers_.size(); ++i) {
    const CheckerInfo& info = checker_table()[i];
    std::vector<Finding> findings;
    if (!checkers_[i]->finish(evidence, findings)) result.inconclusive = true;
    for (Finding& finding : findings) {
      std::erase(missing, std::string(info.name));
      const bool expected = std::count(system_.expect.begin(), system_.expect.end(), info.name) > 0;
      const bool fails = !expected && inside_fault_model(info, finding, evidence);
      (fails ? result.violations : result.outcomes).push_back(std::move(finding));
    }
  }
  // [expect] turns an outcome into a demand (DESIGN 13.8).
  for (const std::string& name : missing) {
    result.violations.push_back({name, "was expected to fail, but did not", evidence.end, no_node});
  }
  measure(evidence, result);
}

}  // namespace ledgerlab
