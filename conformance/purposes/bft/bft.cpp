// Purposes of clause 7.1.5.4 e, f, g: Byzantine fault tolerance, and PBFT.
#include <algorithm>
#include <cmath>

#include "conformance/purposes/consensus/bad_replicas.hpp"
#include "conformance/suite/purpose.hpp"

namespace ledgerlab::conformance {
namespace {

constexpr std::int64_t deviation_s = 3;  // Byzantine replicas deviate from here

std::string bears_byzantine_votes(const ModelInfo& protocol) {
  if (protocol.fault_model.max_byzantine(4) > 0) return {};
  return is_lottery(protocol) ? "counts work or stake, not Byzantine replicas"
                              : "its fault model has no Byzantine replica";
}

std::string is_pbft(const ModelInfo& protocol) {
  return claims(protocol, "F7512-7.1.5.4-g") ? "" : "does not claim PBFT";
}

/// The first `count` replicas deviate: the primary of the first view is among them.
Scenario byzantine(Trial& trial, NodeId n, NodeId count, const std::string& behaviour) {
  Scenario s;
  s.name = "n=" + std::to_string(n) + ", " + std::to_string(count) + " " + behaviour;
  s.replicas = n;
  s.rate = "20 tx/s";
  s.drain = seconds(3);
  std::string nodes;
  for (NodeId i = 0; i < count; ++i) nodes += (i ? ", " : "") + std::to_string(i);
  s.extra = "[[behaviours]]\nmodel = \"" + behaviour + "\"\nnodes = [" + nodes +
            "]\nfrom = \"" + std::to_string(deviation_s) + " s\"\n";
  s.duration = seconds(deviation_s);
  s.duration = seconds(deviation_s + 4) + liveness_bound(*trial.plan(s));
  return s;
}

Height rise(const Ran& ran, NodeId byzantine_count) {
  Height before = 0, after = 0;
  for (NodeId node = byzantine_count; node < ran.replicas(); ++node) {
    before = std::max(before, ran.history->final_height(node, Time{seconds(deviation_s + 1)}));
    after = std::max(after, ran.history->final_height(node));
  }
  return after - before;
}

/// Final histories of the correct replicas only.
std::string split(const Ran& ran, NodeId byzantine_count) {
  History correct = *ran.history;
  for (NodeId node = 0; node < byzantine_count; ++node) correct.nodes[node] = {};
  return correct.disagreement(ran.replicas());
}

void within(Trial& trial, NodeId n, const std::string& behaviour) {
  const NodeId f = trial.protocol.fault_model.max_byzantine(n);
  const Ran ran = trial.run(byzantine(trial, n, f, behaviour));
  const std::string label = std::to_string(n) + " replicas, " + std::to_string(f) + " " +
                            behaviour + ": ";
  for (const Finding& finding : ran.result.violations) {
    trial.check(false, label + finding.checker + ": " + finding.text);
  }
  const std::string wrong = split(ran, f);
  trial.check(wrong.empty(), label + (wrong.empty() ? "safe" : wrong));
  const Height blocks = rise(ran, f);
  trial.check(blocks > 0, label + "live, " + std::to_string(blocks) + " blocks afterwards");
}

void beyond(Trial& trial, NodeId n) {
  const NodeId f = trial.protocol.fault_model.max_byzantine(n);
  Scenario s = byzantine(trial, n, f + 1, "silent");
  s.name = "one too many of " + std::to_string(n);
  const Ran ran = trial.run(s);
  const Height blocks = rise(ran, f + 1);
  const std::string wrong = split(ran, f + 1);
  trial.check(blocks == 0 || !wrong.empty(),
              std::to_string(n) + " replicas, " + std::to_string(f + 1) + " silent: " +
                  (!wrong.empty() ? "a violation, " + wrong
                   : blocks == 0  ? "a stall"
                                  : std::to_string(blocks) + " more blocks, no boundary to be seen"));
}

void fault_bound(Trial& trial) {
  for (const NodeId n : {4u, 7u, 10u}) {
    for (const char* behaviour : {"silent", "equivocate"}) {
      within(trial, n, behaviour);
    }
    beyond(trial, n);
  }
}

// --- 7.1.5.4-f ---------------------------------------------------------------------------------------

void three_phases(Trial& trial) {
  const auto formula = trial.protocol.contract.messages_per_decision;
  for (const NodeId n : {4u, 7u, 10u}) {
    Scenario s;
    s.name = "messages of " + std::to_string(n);
    s.replicas = n;
    s.duration = seconds(20);
    const Ran ran = trial.run(s);
    const double measured = ran.metric("messages_per_decision");
    const double expected = formula ? static_cast<double>(formula(n)) : 0;
    trial.note(s.name + ": " + decimal(measured, 2) + " a decision, " + decimal(expected, 0) +
               " by the paper");
    trial.check(expected > 0 && std::abs(measured - expected) <= 0.01 * expected,
                std::to_string(n) + " replicas: pre-prepare, prepare and commit of all, no more");
  }
  Scenario s;
  s.name = "the primary crashes";
  s.extra = "[[faults]]\nkind = \"crash\"\nat = \"3 s\"\nnode = 0\n";
  s.duration = seconds(deviation_s);
  s.duration = seconds(deviation_s + 4) + liveness_bound(*trial.plan(s));
  const Ran ran = trial.run(s);
  trial.check_promises(ran);
  trial.check(rise(ran, 1) > 0, "after the primary's crash a new view goes on: " +
                                    std::to_string(rise(ran, 1)) + " blocks");
}

// --- 7.1.5.4-g ---------------------------------------------------------------------------------------

void under_fire(Trial& trial) {
  std::size_t faults = 0;
  Height decided = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario s;
    s.name = "swarm";
    s.replicas = 4;
    s.swarm_params = true;
    s.rate = "15 tx/s";
    s.drain = seconds(2);
    const Duration length = 2 * trial.protocol.contract.run;
    s.duration = length;
    s.duration = length + liveness_bound(*trial.plan(s)) + seconds(1);
    // Odd seeds: faults of machines and links; even ones: a primary that equivocates.
    const std::string fire = "[swarm]\nuntil = " + written(length) + "\nevery = " +
                             written(length / 12) + "\nlasting = " + written(length / 10) +
                             "\nloss = \"20 %\"\ndelay = \"300 ms\"\n";
    const std::string liar =
        "[[behaviours]]\nmodel = \"equivocate\"\nnodes = [0]\nfrom = \"1 s\"\n";
    s.extra = seed % 2 == 0 ? liar : fire;
    RunHooks hooks;
    hooks.seed = seed;
    const Ran ran = trial.run(s, hooks);
    faults += ran.result.faults.size();
    for (const Finding& f : ran.result.violations) {
      trial.check(false, "seed " + std::to_string(seed) + ": " + f.checker + ": " + f.text);
    }
    decided += ran.history->highest_final(4);
    const NodeId liars = static_cast<NodeId>(ran.system().byzantine().size());
    const std::string wrong = split(ran, liars);
    trial.check(wrong.empty(), "seed " + std::to_string(seed) + ": " +
                                   (wrong.empty() ? "final histories are equal" : wrong));
  }
  trial.note(std::to_string(faults) + " faults, " + std::to_string(decided) +
             " decisions in 10 runs");
  if (decided < 100) trial.inconclusive("hardly anything was decided");
}

}  // namespace

std::vector<Purpose> bft_purposes() {
  std::vector<Purpose> list(3);
  for (Purpose& p : list) p.component = "bft";
  Purpose& e = list[0];
  e.id = "TP-7.1.5.4-e";
  e.clauses = {"F7512-7.1.5.4-e"};
  e.title = "Safe and live with f Byzantine replicas, not with one more";
  e.selector = "systems whose fault model counts Byzantine replicas";
  e.initial = "4, 7 and 10 replicas; f = floor((n-1)/3)";
  e.stimulus = "f replicas, the first primary among them, fall silent or equivocate; then f + 1 fall "
               "silent";
  e.predicate = "with f no promise is broken and decisions go on; with f + 1 the run shows a "
                "violation or a stall";
  e.not_applicable = bears_byzantine_votes;
  e.execute = fault_bound;
  e.twins = {{"bears-less", "one more replica sleeps: the protocol bears f - 1",
              [](const Plan& plan) -> Wrap {
                const NodeId last = plan.network.replicas - 1;
                return asleep_from(last, last + 1, Time{seconds(deviation_s)});
              },
              {}, "n=4, 1 silent"},
             {"no-boundary", "with one too many nothing happens", nullptr,
              {"behaviours.0.from=1 h"}, "one too many of 4"}};
  Purpose& f = list[1];
  f.id = "TP-7.1.5.4-f";
  f.clauses = {"F7512-7.1.5.4-f"};
  f.title = "Three phases among all replicas, and a new view when the primary fails";
  f.selector = "systems that claim PBFT (7.1.5.4-g)";
  f.initial = "4, 7 and 10 replicas without faults; four of which the primary crashes";
  f.stimulus = "a load";
  f.predicate = "messages a decision as the paper counts them, 2n(n-1), within 1 % (view changes at "
                "the start are counted in); decisions go on after the crash within the bound";
  f.left_out = "quorum sizes are not read from single messages";
  f.not_applicable = is_pbft;
  f.execute = three_phases;
  f.twins = {{"a-silent-backup", "one backup sends nothing: fewer messages than the paper's",
              [](const Plan& plan) -> Wrap {
                const NodeId last = plan.network.replicas - 1;
                return asleep_from(last, last + 1, Time{seconds(1)});
              },
              {}, "messages of 4"},
             {"no-view-change", "backups stop with their primary",
              [](const Plan&) -> Wrap {
                return asleep_from(1, no_node, Time{seconds(deviation_s)});
              },
              {}, "the primary crashes"}};
  Purpose& g = list[2];
  g.id = "TP-7.1.5.4-g";
  g.clauses = {"F7512-7.1.5.4-g"};
  g.title = "PBFT keeps its promises under fire";
  g.selector = "systems that claim PBFT (7.1.5.4-g)";
  g.initial = "four replicas under load";
  g.stimulus = "ten seeds: faults of machines and links, or a primary that equivocates";
  g.predicate = "no promise broken, equal final histories of the correct replicas";
  g.not_applicable = is_pbft;
  g.execute = under_fire;
  g.twins = {{"decides-otherwise", "one correct replica calls another block of height 3 final",
              [](const Plan&) -> Wrap {
                return [](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
                  if (node != 2) return inner;
                  return std::make_unique<DecidesOtherwise>(std::move(inner));
                };
              },
              {}, ""}};
  return list;
}

}  // namespace ledgerlab::conformance
