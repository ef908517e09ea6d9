// Purposes of clause 7.1.5.2: the objectives of consensus, for every algorithm alike.
#include <algorithm>
#include <map>

#include "conformance/purposes/consensus/bad_replicas.hpp"
#include "conformance/suite/purpose.hpp"

namespace ledgerlab::conformance {
namespace {

// --- 7.1.5.2-b: consistency ------------------------------------------------------------------------

constexpr NodeId many = 7;

Scenario storm(Trial& trial, Time& calm, Duration& bound) {
  const ModelInfo& protocol = trial.protocol;
  Scenario s;
  s.name = "faults, then calm";
  s.replicas = many;
  s.swarm_params = true;
  s.rate = "15 tx/s";
  s.drain = seconds(2);
  calm = Time{2 * protocol.contract.run};
  const Duration length = calm - time_start;
  s.duration = length;
  bound = liveness_bound(*trial.plan(s));
  s.duration = length + bound + seconds(1);
  const std::string& kinds = protocol.contract.swarm_kinds;
  s.extra = "[swarm]\n" + (kinds.empty() ? "" : "kinds = [" + kinds + "]\n") +
            "until = " + written(length) + "\nevery = " + written(length / 16) +
            "\nlasting = " + written(length / 16) +
            "\nloss = \"20 %\"\ndelay = \"300 ms\"\nslow = 20\nclock_offset = \"2 s\"\n" +
            "drift = \"1000 ppm\"\ndisk_sync = \"80 ms\"\n";
  return s;
}

void consistency(Trial& trial) {
  Time calm{};
  Duration bound{};
  const Scenario s = storm(trial, calm, bound);
  std::size_t faults = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    RunHooks hooks;
    hooks.seed = seed;
    const Ran ran = trial.run(s, hooks);
    faults += ran.result.faults.size();
    trial.check_promises(ran);
    for (const Finding& f : ran.result.outcomes) {
      trial.inconclusive("the fault budget was exceeded: " + f.checker + ": " + f.text);
    }
    const History& h = *ran.history;
    const Time stable = calm + bound;
    const std::string label = "seed " + std::to_string(seed) + ": ";
    const std::string wrong = h.disagreement(many);
    trial.check(wrong.empty(), label + (wrong.empty() ? "no two final histories differ" : wrong));
    const Height owed = h.highest_final(many, calm);
    for (NodeId node = 0; node < many; ++node) {
      if (h.final_height(node, stable) >= owed) continue;
      trial.check(false, label + "node " + std::to_string(node) + " is at height " +
                             std::to_string(h.final_height(node, stable)) + " of " +
                             std::to_string(owed) + ", " + in_seconds(bound) +
                             " after the last fault");
    }
    trial.check(h.highest_final(many) > owed, label + "decisions go on after the faults");
  }
  trial.note(std::to_string(faults) + " faults in 3 runs; bound to be stable again: " +
             in_seconds(bound));
  if (faults == 0) trial.inconclusive("no fault was drawn");
}

// --- 7.1.5.2-c: timeliness -------------------------------------------------------------------------

constexpr std::int64_t delay_ms = 20;

/// Message delays from a proposal to its decision without faults, as the papers count them
/// (Castro, Liskov 1999: pre-prepare, prepare, commit; Ongaro, Ousterhout 2014: one round trip).
int message_delays(const ModelInfo& protocol) {
  if (claims(protocol, "F7512-7.1.5.4-g")) return 3;
  if (claims(protocol, "F7512-7.1.5.4-q")) return 2;
  return 0;
}

std::string has_a_theory(const ModelInfo& protocol) {
  if (is_lottery(protocol) || message_delays(protocol) > 0) return {};
  return "no message delays are known for it: it claims none of PBFT, Raft, proof of work, stake";
}

void log_latency(Trial& trial) {
  Scenario s;
  s.name = "latency in message delays";
  s.latency = "\"" + std::to_string(delay_ms) + " ms\"";
  s.bandwidth = "unlimited";
  s.disk_sync = "0 s";
  s.disk_write = "unlimited";
  s.costs = "zero";
  s.rate = "5 tx/s";
  s.warm_up = seconds(5);
  s.duration = seconds(65);
  const Ran ran = trial.run(s);
  const int theory = message_delays(trial.protocol);
  const double expected = (theory + 2) * static_cast<double>(delay_ms);
  const double p50 = ran.metric("finality_latency_ms_p50");
  const double p95 = ran.metric("finality_latency_ms_p95");
  const double p99 = ran.metric("finality_latency_ms_p99");
  const auto trips = [](double value) { return decimal(value / (2 * delay_ms), 2); };
  trial.note("client to client, in network round trips: p50 " + trips(p50) + ", p95 " +
             trips(p95) + ", p99 " + trips(p99) + "; theory " + trips(expected) + " (" +
             std::to_string(theory) + " message delays, and request and reply)");
  if (ran.metric("transactions_acknowledged") < 200) {
    trial.inconclusive("too few transactions came through to speak of latencies");
  }
  trial.check_promises(ran);
  trial.check(p50 >= expected * 0.999, "no transaction is faster than messages can be");
  trial.check(p50 <= expected * 1.01, "half of the transactions take the theoretical time");
  trial.check(p99 <= expected + delay_ms, "99 of 100 take at most one message delay more");
}

/// Confirmations a block has when a node first calls it final there.
std::vector<std::uint64_t> confirmations(const History& h, NodeId replicas) {
  std::vector<std::uint64_t> out;
  for (NodeId node = 0; node < replicas; ++node) {
    const auto& heads = h.nodes[node].heads;
    std::size_t next = 0;
    Height head = 0;
    for (const History::Announcement& a : h.nodes[node].finals) {
      while (next < heads.size() && heads[next].at <= a.at) head = heads[next++].height;
      if (a.height > 0 && head >= a.height) out.push_back(head - a.height + 1);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

void lottery_latency(Trial& trial) {
  Scenario s;
  s.name = "latency in block intervals";
  s.latency = "\"5 ms\"";
  s.rate = "2 tx/s";
  s.duration = 15 * trial.protocol.contract.run;
  const auto declared = trial.plan(s)->systems.front().consensus.params;
  const std::uint64_t depth = declared.count("settlement_depth");
  const Ran ran = trial.run(s);
  trial.check_promises(ran);
  const auto counts = confirmations(*ran.history, ran.replicas());
  const double interval = ran.metric("block_interval_s");
  if (counts.size() < 100 || depth == 0 || interval <= 0) {
    trial.inconclusive("too few blocks became final");
    return;
  }
  const auto rank = [&](std::size_t percent) { return counts[(counts.size() - 1) * percent / 100]; };
  trial.note("confirmations when called final: p50 " + std::to_string(rank(50)) + ", p95 " +
             std::to_string(rank(95)) + ", declared " + std::to_string(depth));
  const double p50 = ran.metric("finality_latency_ms_p50") / 1000;
  trial.note("block interval " + decimal(interval, 3) + " s; latency p50 " + decimal(p50, 2) +
             " s = " + decimal(p50 / interval, 2) + " intervals, " +
             decimal(ran.metric("finality_latency_ms_p95") / 1000 / interval, 2) + " at p95");
  trial.check(rank(50) == depth, "half of the blocks are final at the declared depth, not later");
  trial.check(rank(95) <= depth + 1, "95 of 100 at most one block later");
  // The sum of `depth` exponential gaps: its median is below depth, and above depth - 1/3 (gamma).
  const double d = static_cast<double>(depth);
  trial.check(p50 <= interval * (d + 1.5),
              "half of the transactions are final within the declared depth, a block that takes "
              "them up, and half a block");
}

void timeliness(Trial& trial) {
  is_lottery(trial.protocol) ? lottery_latency(trial) : log_latency(trial);
}

std::string only_logs(const ModelInfo& protocol) {
  return is_lottery(protocol) ? "waits for depth, not for votes" : "";
}
std::string only_lotteries(const ModelInfo& protocol) {
  return is_lottery(protocol) ? "" : "settles without depth";
}

// --- 7.1.5.2-e: pluggability -----------------------------------------------------------------------

/// Default parameters of every protocol: Bitcoin's ten minutes are among them.
Scenario common() {
  Scenario s;
  s.name = "one scenario for all";
  s.short_params = false;
  s.rate = "0.02 tx/s";
  s.duration = seconds(6 * 3600);
  s.drain = seconds(6 * 3600);
  return s;
}

std::size_t lines_that_differ(const std::string& a, const std::string& b) {
  std::size_t differ = 0, i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const std::size_t end_a = std::min(a.find('\n', i), a.size());
    const std::size_t end_b = std::min(b.find('\n', j), b.size());
    differ += a.substr(std::min(i, a.size()), end_a - i) != b.substr(std::min(j, b.size()), end_b - j);
    i = std::min(end_a + 1, a.size());
    j = std::min(end_b + 1, b.size());
  }
  return differ;
}

void pluggability(Trial& trial) {
  const Scenario s = common();
  const ModelInfo* other = nullptr;
  for (const ModelInfo* p : builtin_models().all(ModelKind::consensus)) {
    if (p->name != trial.protocol.name) other = p;
  }
  if (other) {
    trial.check(lines_that_differ(s.text(trial.protocol), s.text(*other)) == 1,
                "the scenario differs from that for " + other->name + " in one line");
  }
  const Ran ran = trial.run(s);
  trial.check_promises(ran);
  const double offered = ran.metric("transactions_offered");
  const double committed = ran.metric("transactions_committed");
  trial.note("offered " + decimal(offered, 0) + ", committed " + decimal(committed, 0) +
             ", block interval " + decimal(ran.metric("block_interval_s"), 3) + " s");
  trial.check(offered > 100 && committed == offered, "everything that was offered was committed");
  const std::string wrong = ran.history->disagreement(ran.replicas());
  trial.check(wrong.empty(), wrong.empty() ? "all final histories are equal" : wrong);
}

}  // namespace

std::vector<Purpose> consensus_purposes() {
  std::vector<Purpose> list(3);
  Purpose& b = list[0];
  b.id = "TP-7.1.5.2-b";
  b.clauses = {"F7512-7.1.5.2-b"};
  b.component = "consensus";
  b.title = "After faults within the declared model all logs become equal again";
  b.selector = "every system";
  b.initial = "seven replicas under load";
  b.stimulus =
      "crashes, partitions, loss, delays, slow nodes, slow disks and wrong clocks drawn from three "
      "seeds within the protocol's fault model; then calm";
  b.predicate =
      "no promise broken; within the declared bound after the last fault every replica holds all "
      "that was final, and decisions go on; beyond the fault budget: inconclusive";
  b.not_applicable = applies_to_all;
  b.execute = consistency;
  b.twins = {{"decides-otherwise", "one replica calls another block of height 3 final",
              [](const Plan&) -> Wrap { return wrap_every<DecidesOtherwise>(1); }, {}, ""},
             {"never-recovers", "one replica hears nothing any more once the faults have begun",
              [](const Plan& plan) -> Wrap { return deaf_from(1, Time{(plan.swarm.until - time_start) / 2}); }, {}, ""}};
  Purpose& c = list[1];
  c.id = "TP-7.1.5.2-c";
  c.clauses = {"F7512-7.1.5.2-c"};
  c.component = "consensus";
  c.title = "Commit latency is what the algorithm promises";
  c.selector = "algorithms whose message delays are known, and lotteries";
  c.initial = "four replicas, equal delays, no processing time, no faults";
  c.stimulus = "a light load";
  c.predicate =
      "PBFT and Raft: 3 and 2 message delays, plus request and reply (half of all exactly, 99 of "
      "100 at most one delay more); lotteries: final at the declared depth, in as many block "
      "intervals";
  c.left_out = "no comparison with an earlier version: the suite keeps no history of its figures";
  c.not_applicable = has_a_theory;
  c.execute = timeliness;
  c.twins = {{"holds-votes", "every vote is taken one message delay late",
              [](const Plan&) -> Wrap { return hold_votes(ms(delay_ms)); }, {}, "", only_logs},
             {"settles-late", "waits for three times the depth it declares", nullptr,
              {"systems.0.params.settlement_depth=18"}, "", only_lotteries}};
  Purpose& e = list[2];
  e.id = "TP-7.1.5.2-e";
  e.clauses = {"F7512-7.1.5.2-e"};
  e.component = "consensus";
  e.title = "One scenario runs with any algorithm";
  e.selector = "every system";
  e.initial = "a scenario that names no parameter of any algorithm";
  e.stimulus = "the same file with only the consensus key changed";
  e.predicate =
      "it resolves and runs, every common checker is satisfied, everything offered is committed";
  e.not_applicable = applies_to_all;
  e.execute = pluggability;
  e.twins = {{"invents-transactions", "adds a transaction nobody sent to the blocks it announces",
              [](const Plan&) -> Wrap { return wrap_every<InventsTransactions>(); }, {}, ""},
             {"falls-asleep", "all replicas stop after half an hour",
              [](const Plan&) -> Wrap { return asleep_from(0, no_node, Time{seconds(1800)}); },
              {}, ""}};
  return list;
}

}  // namespace ledgerlab::conformance
