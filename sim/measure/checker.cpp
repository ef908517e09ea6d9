// The table of checkers and what excuses their findings.
#include "sim/measure/checker.hpp"

#include <algorithm>

#include "sim/measure/checks.hpp"
#include "sim/measure/prefix_checker.hpp"

namespace ledgerlab {
namespace {

using Judge = bool (*)(const Evidence&, Worst&);

class JudgeChecker final : public Checker {
 public:
  JudgeChecker(std::string_view name, Judge judge) : name_(name), judge_(judge) {}
  std::string_view name() const override { return name_; }
  bool finish(const Evidence& evidence, std::vector<Finding>& findings) override {
    Worst worst;
    const bool told = judge_(evidence, worst);
    worst.report(name_, findings);
    return told;
  }

 private:
  std::string_view name_;
  Judge judge_;
};

template <auto function>
std::unique_ptr<Checker> judged(const CheckerInfo& info, const Plan&, const SystemPlan&) {
  return std::make_unique<JudgeChecker>(info.name, [](const Evidence& e, Worst& worst) {
    if constexpr (std::is_void_v<decltype(function(e, worst))>) {
      function(e, worst);
      return true;
    } else {
      return function(e, worst);
    }
  });
}

std::unique_ptr<Checker> prefix(const CheckerInfo&, const Plan& plan, const SystemPlan& system) {
  return std::make_unique<PrefixChecker>(plan.nodes(), system.byzantine());
}

}  // namespace

const std::vector<CheckerInfo>& checker_table() {
  static const std::vector<CheckerInfo> table{
      {"agreement", "no two final blocks at one height, no two states after one block",
       Excuse::asynchrony, false, judged<checks::agreement>},
      {"prefix_consistency", "each node's final blocks are one gapless chain that never changes",
       Excuse::adversary, false, prefix},
      {"validity", "every final transaction was submitted by a client before", Excuse::adversary,
       false, judged<checks::validity>},
      {"no_double_spend", "nothing takes effect twice or is spent twice in final histories",
       Excuse::asynchrony, true, judged<checks::no_double_spend>},
      {"durability", "what a client holds for done is in every final history of that height",
       Excuse::asynchrony, false, judged<checks::durability>},
      {"linearisable_reads", "a read sees every write acknowledged before it was asked for",
       Excuse::adversary, false, judged<checks::linearisable_reads>},
      {"one_leader", "at most one node leads in a term", Excuse::adversary, false,
       judged<checks::one_leader>},
      {"supply", "genesis + issued = supply + burned, and a replay gives the nodes' state",
       Excuse::never, true, judged<checks::supply>},
      {"books", "messages, busy times and open transactions add up exactly", Excuse::never, false,
       judged<checks::books>},
      {"liveness", "a decision comes within the protocol's bound while transactions wait",
       Excuse::faults, false, judged<checks::liveness>},
      {"settlement", "no node's head leaves a block that it called final", Excuse::asynchrony,
       false, judged<checks::settlement>},
      {"vain", "something of what was committed did what it was sent for", Excuse::always, false,
       judged<checks::vain>},
  };
  return table;
}

bool applicable(const CheckerInfo& checker, const SystemPlan& system) {
  return !checker.needs_audit || (system.ledger && system.ledger.info->make_audit != nullptr);
}

std::vector<std::unique_ptr<Checker>> make_checkers(const Plan& plan, const SystemPlan& system) {
  std::vector<std::unique_ptr<Checker>> out;
  for (const CheckerInfo& info : checker_table()) out.push_back(info.make(info, plan, system));
  return out;
}

bool inside_fault_model(const CheckerInfo& checker, const Finding& finding, const Evidence& e) {
  if (checker.excuse == Excuse::always) return false;
  if (!e.system.consensus || checker.excuse == Excuse::never) return true;
  const FaultModel& model = e.system.consensus.info->fault_model;
  if (e.faults.adversary_beyond && finding.at >= e.faults.first_byzantine) return false;
  if (checker.excuse == Excuse::adversary) return true;
  if (checker.excuse == Excuse::faults) {
    return !e.faults.unhealed && e.faults.down_at_end + e.faults.byzantine <=
                                     std::max(bearable_crashes(e.plan, e.system),
                                              model.max_byzantine(e.plan.network.replicas));
  }
  if (!model.safety_needs_synchrony) return true;
  // A promise with a stated risk above one in a thousand is one that is expected to fail now and
  // then (13.8); and none is made on a network too slow for the block interval.
  const Params& params = e.system.consensus.params;
  if (model.settlement_risk_ppb && model.settlement_risk_ppb(params) > 1'000'000) return false;
  if (model.synchronous &&
      !model.synchronous(params, checks::largest_delay(e.plan.network.links))) {
    return false;
  }
  return finding.at < e.faults.first_asynchrony && finding.at < e.faults.first_overload;
}

}  // namespace ledgerlab
