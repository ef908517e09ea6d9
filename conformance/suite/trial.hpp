// One execution of a purpose on one system: it runs stimuli, keeps what binds them (digests, hashes,
// seeds) and collects judgements into a verdict.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conformance/suite/scenario.hpp"
#include "conformance/suite/verdict.hpp"
#include "conformance/suite/wrapped.hpp"
#include "models/api/registry.hpp"
#include "sim/run/run.hpp"

namespace ledgerlab::conformance {

/// What binds one run to the report.
struct RunEvidence {
  std::string name;
  std::string scenario;  // TOML text
  std::vector<std::string> settings;
  std::uint64_t seed = 0;
  std::string plan_digest;
  std::string trace_hash;    // XXH3-128
  std::string trace_sha256;  // of the same bytes
  std::string stimulus;      // wrapper that is not in the plan; empty: `ledgerlab run` gives the same
  double wall_s = 0;
};

struct Judgement {
  Verdict verdict = Verdict::none;
  std::string text;
};

/// A known-bad variant that its purpose must fail.
struct Twin {
  std::string id;
  std::string text;  // what is wrong with it
  /// Makes the bad modules of one run; null: none.
  Wrap (*wrap)(const Plan&) = nullptr;
  std::vector<std::string> settings;  // as for --set, on the stimulus scenario
  /// Only runs of this name are bad; empty: all.
  std::string only_run;
  /// Why it makes no sense for this protocol; empty: it does. Null: it always does.
  std::string (*not_applicable)(const ModelInfo&) = nullptr;
};

/// All announcements of a run, by node in its order.
struct History final : Sink {
  struct Announcement {
    Time at{};
    Height height = 0;
    std::uint64_t tag = 0;
  };
  struct OfNode {
    std::vector<Announcement> heads, finals;
    std::uint64_t found = 0;
    std::vector<Time> starts;  // with the first
  };
  std::vector<OfNode> nodes;
  std::map<std::uint64_t, BlockRef> blocks;

  std::uint32_t interest() const override;
  void on_event(const Event& event) override;
  /// Highest final height of a node, or of anybody among `who`, not later than `at`.
  Height final_height(NodeId node, Time at = time_never) const;
  Height highest_final(NodeId replicas, Time at = time_never) const;
  /// Empty if all final blocks of equal height up to `at` are equal; else who differs where.
  std::string disagreement(NodeId replicas, Time at = time_never) const;
  /// First moment at which the node's final height is the highest of all, from `from` on.
  Time reached(NodeId node, NodeId replicas, Time from) const;
};

/// What a purpose may add to a run.
struct RunHooks {
  Wrap wrap;             // stimulus or observer, outside of a twin
  std::string stimulus;  // name@version of a wrapper that changes what happens
  std::vector<Sink*> sinks;
  std::uint64_t seed = 1;
  std::function<void(BuiltWorld&)> at_end;
};

/// A run that was made.
struct Ran {
  std::shared_ptr<const Plan> plan;
  RunResult result;
  std::shared_ptr<const History> history;

  const SystemPlan& system() const { return plan->systems.front(); }
  NodeId replicas() const { return plan->network.replicas; }
  double metric(const std::string& name, double fallback = 0) const {
    const Metric* m = result.metric(name);
    return m ? m->value : fallback;
  }
};

/// The protocol's own bound for a decision after the last fault, for this plan's first system.
Duration liveness_bound(const Plan& plan);

class Trial {
 public:
  Trial(const ModelInfo& protocol_, const Twin* twin, const std::atomic<bool>* stop)
      : protocol(protocol_), twin_(twin), stop_(stop) {}

  const ModelInfo& protocol;

  /// Resolves and runs. Throws Interrupted when asked to stop.
  Ran run(const Scenario& scenario, RunHooks hooks = {});

  /// What run() would run, without a twin.
  std::shared_ptr<const Plan> plan(const Scenario& scenario) const;

  /// A judgement: pass or fail.
  bool check(bool holds, const std::string& text);
  /// Fails for every violation the run's own checkers found within the fault model.
  bool check_promises(const Ran& ran);
  /// What had to be there for a judgement was not.
  void inconclusive(const std::string& text) { add(Verdict::inconc, text); }
  /// A figure for the report; judges nothing.
  void note(const std::string& text) { notes_.push_back(text); }
  void error(const std::string& text) { add(Verdict::error, text); }

  Verdict verdict() const { return settled(sum_); }
  const std::vector<Judgement>& judgements() const { return judgements_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::vector<RunEvidence>& runs() const { return runs_; }

 private:
  void add(Verdict verdict, const std::string& text);

  const Twin* twin_;
  const std::atomic<bool>* stop_;
  Verdict sum_ = Verdict::none;
  std::vector<Judgement> judgements_;
  std::vector<std::string> notes_;
  std::vector<RunEvidence> runs_;
};

struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

/// "12.3 s", "0.25".
std::string in_seconds(Duration duration);
std::string decimal(double value, int digits = 2);

/// The models scenarios of the suite may name: the built-in ones and the suite's own (scripted
/// clients, mutants).
const Registry& suite_models();

}  // namespace ledgerlab::conformance
