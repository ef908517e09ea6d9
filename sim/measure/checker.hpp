// Safety and liveness checkers (DESIGN 7, 13.8, 13.10): folds over counted events that are on in
// every run. The first offending event is named: the smallest (time, node).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/measure/evidence.hpp"
#include "sim/scenario/result.hpp"

namespace ledgerlab {

class Checker : public Sink {
 public:
  virtual std::string_view name() const = 0;
  /// Most checkers need no more than the chronicle.
  std::uint32_t interest() const override { return 0; }
  void on_event(const Event&) override {}
  /// Adds what is wrong. False if the run ended too early to tell.
  virtual bool finish(const Evidence& evidence, std::vector<Finding>& findings) = 0;
};

/// What makes a finding an outcome instead of a violation.
enum class Excuse : std::uint8_t {
  never,       // nothing excuses it
  adversary,   // Byzantine replicas beyond the fault model; they excuse all that follows as well
  asynchrony,  // protocols that are safe in synchrony only: a partition, loss or delay before it
  faults,      // beyond the crash bound (Byzantine replicas count), or not healed
  always       // no protocol promises it: an outcome, unless the scenario forbids it
};

/// One row per checker; `ledgerlab` prints it, [expect] names it.
struct CheckerInfo {
  std::string_view name;
  std::string_view text;
  Excuse excuse;
  bool needs_audit;  // of the ledger: without one it is not applicable
  std::unique_ptr<Checker> (*make)(const CheckerInfo&, const Plan&, const SystemPlan&);
};
const std::vector<CheckerInfo>& checker_table();

/// Does it judge this system? A ledger without an audit has no books.
bool applicable(const CheckerInfo& checker, const SystemPlan& system);

std::vector<std::unique_ptr<Checker>> make_checkers(const Plan& plan, const SystemPlan& system);

/// Is this finding of this checker inside the system's fault model (so a violation)?
bool inside_fault_model(const CheckerInfo& checker, const Finding& finding,
                        const Evidence& evidence);

}  // namespace ledgerlab
