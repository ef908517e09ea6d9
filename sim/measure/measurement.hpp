// All that is measured in one run: hand sinks() to the world, run it, then finish() fills the
// result.
#pragma once

#include <memory>
#include <vector>

#include "sim/measure/checker.hpp"
#include "sim/measure/metrics.hpp"

namespace ledgerlab {

class BuiltWorld;

class Measurement {
 public:
  Measurement(const Plan& plan, const SystemPlan& system);

  std::vector<Sink*> sinks();
  /// Notes how much the replicas have stored so far; call it now and then while the world runs.
  void sample(const World& world);
  /// Fills metrics, series, blocks, faults, violations, outcomes, inconclusive and saturated.
  /// `suite` is the world's; the ledger's audit recovers senders with it. Without it (or without a
  /// ledger) supply and spends are not audited.
  /// A violation of "books" or "supply" is an internal fault (DESIGN 13.10: exit status 70).
  void finish(const World& world, CryptoSuite* suite, RunResult& result);
  void finish(BuiltWorld& built, RunResult& result);

 private:
  const Plan& plan_;
  const SystemPlan& system_;
  Chronicle chronicle_;
  Propagation propagation_;
  CatchingUp catching_up_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::vector<SeriesPoint> stored_;
};

}  // namespace ledgerlab
