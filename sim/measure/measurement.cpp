// One run, measured: chronicle and checkers as sinks, then verdicts and metrics.
#include "sim/measure/measurement.hpp"

#include <algorithm>

#include "sim/scenario/build.hpp"

namespace ledgerlab {

Measurement::Measurement(const Plan& plan, const SystemPlan& system)
    : plan_(plan),
      system_(system),
      chronicle_(plan.nodes(), system.byzantine(),
                 system.ledger && system.ledger.info->family == "execute-order-validate"),
      propagation_(plan.network.replicas, system.byzantine()),
      catching_up_(plan.faults, plan.network.replicas),
      checkers_(make_checkers(plan, system)) {}

std::vector<Sink*> Measurement::sinks() {
  std::vector<Sink*> out{&chronicle_};
  if (system_.consensus && system_.consensus.info->family == "lottery") {
    out.push_back(&propagation_);
  }
  if (catching_up_.interest() != 0) out.push_back(&catching_up_);
  for (const auto& checker : checkers_) {
    if (checker->interest() != 0) out.push_back(checker.get());
  }
  return out;
}

void Measurement::sample(const World& world) {
  const std::uint32_t replicas = plan_.network.replicas;
  stored_.push_back({"storage_bytes_per_replica", std::min(world.now(), plan_.end()),
                     static_cast<double>(world.stats().replica_disk_bytes) / std::max(1u, replicas)});
}

void Measurement::finish(BuiltWorld& built, RunResult& result) {
  finish(built.world(), &built.suite(), result);
}

void Measurement::finish(const World& world, CryptoSuite* suite, RunResult& result) {
  Evidence evidence(plan_, system_, world, chronicle_, propagation_, suite);
  evidence.catching_up = &catching_up_;
  for (std::size_t i = 0; i < checkers_.size(); ++i) {
    const CheckerInfo& info = checker_table()[i];
    if (!applicable(info, system_)) continue;
    std::vector<Finding> findings;
    if (!checkers_[i]->finish(evidence, findings)) result.inconclusive = true;
    for (Finding& finding : findings) {
      // What the scenario expects is an outcome wherever it happens; who reads the result demands
      // it.
      const bool expected = std::count(system_.expect.begin(), system_.expect.end(), info.name) > 0;
      const bool fails = forbids(system_.expect, info.name) ||
                         (!expected && inside_fault_model(info, finding, evidence));
      (fails ? result.violations : result.outcomes).push_back(std::move(finding));
    }
  }
  measure(evidence, result);
  result.series.insert(result.series.end(), stored_.begin(), stored_.end());
}

}  // namespace ledgerlab
