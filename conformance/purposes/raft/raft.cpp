// Purposes of clause 7.1.5.4 q and r: Raft and what crash-tolerant algorithms promise.
#include <array>

#include "conformance/purposes/raft/bad_servers.hpp"
#include "conformance/purposes/raft/observer.hpp"
#include "conformance/suite/purpose.hpp"
#include "models/consensus/raft/messages.hpp"

namespace ledgerlab::conformance {
namespace {

constexpr std::array<const char*, 5> invariants{"Election Safety", "Leader Append-Only",
                                                "Log Matching", "Leader Completeness",
                                                "State Machine Safety"};

std::string is_raft(const ModelInfo& protocol) {
  return claims(protocol, "F7512-7.1.5.4-q") ? "" : "does not claim Raft";
}

Scenario servers(const std::string& name, NodeId count) {
  Scenario s;
  s.name = name;
  s.replicas = count;
  s.rate = "30 tx/s";
  s.drain = seconds(15);
  // The whole log stays readable; elections are frequent and contested.
  s.params =
      "snapshot_interval = 0, pre_vote = false, check_quorum = false, "
      "election_timeout_min = \"200 ms\", election_timeout_max = \"260 ms\", "
      "heartbeat_interval = \"40 ms\"";
  return s;
}

std::string crash_of(const std::string& whom, std::int64_t at_ms, std::int64_t for_ms) {
  return "[[faults]]\nkind = \"crash\"\nat = \"" + std::to_string(at_ms) + " ms\"\nfor = \"" +
         std::to_string(for_ms) + " ms\"\n" + whom + "\n";
}

Scenario leader_crashes() {
  Scenario s = servers("crashes of the leader", 3);
  s.duration = seconds(40);
  for (int i = 0; i < 12; ++i) s.extra += crash_of("target = \"leader\"", 2000 + 3000 * i, 900);
  return s;
}

Scenario power_cuts() {
  Scenario s = servers("power cuts", 3);
  s.duration = seconds(14);
  s.disk_sync = "50 ms";
  // A vote takes a sync as well as a round trip: timeouts have to spread wider than that.
  s.params = merged_pairs(s.params,
                          "election_timeout_min = \"300 ms\", election_timeout_max = \"600 ms\"");
  s.rate = "60 tx/s";
  for (int i = 0; i < 7; ++i) s.extra += crash_of("nodes = [0, 1, 2]", 2000 + 1613 * i, 120);
  return s;
}

Scenario partitions() {
  Scenario s = servers("partitions", 4);
  s.clients = 4;
  s.duration = seconds(25);
  const char* const groups[3] = {"[[0, 1, 4, 5], [2, 3, 6, 7]]", "[[0, 2, 4, 6], [1, 3, 5, 7]]",
                                 "[[0, 3, 4, 7], [1, 2, 5, 6]]"};
  for (int i = 0; i < 3; ++i) {
    s.extra += "[[faults]]\nkind = \"partition\"\nat = \"" + std::to_string(3 + 7 * i) +
               " s\"\nuntil = \"" + std::to_string(8 + 7 * i) + " s\"\ngroups = " + groups[i] +
               "\n";
  }
  return s;
}

void five_invariants(Trial& trial) {
  RaftObserver::Findings sum;
  for (const Scenario& s : {leader_crashes(), power_cuts(), partitions()}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      RaftObserver observer;
      RunHooks hooks;
      hooks.wrap = observer.wrap();
      hooks.seed = seed;
      const Ran ran = trial.run(s, hooks);
      trial.check_promises(ran);
      const RaftObserver::Findings one = observer.judge();
      for (const auto& [name, text] : one.violated) {
        sum.violated.try_emplace(name, s.name + ", seed " + std::to_string(seed) + ": " + text);
      }
      sum.elections += one.elections;
      sum.entries += one.entries;
      sum.committed += one.committed;
      sum.looks += one.looks;
    }
  }
  trial.note(std::to_string(sum.elections) + " elections, " + std::to_string(sum.committed) +
             " committed entries, logs compared " + std::to_string(sum.looks) + " times");
  if (sum.elections < 50 || sum.committed < 500) trial.inconclusive("too little happened");
  for (const char* name : invariants) {
    const auto bad = sum.violated.find(name);
    trial.check(bad == sum.violated.end(),
                bad == sum.violated.end() ? name : std::string(name) + ": " + bad->second);
  }
}

// --- twins -------------------------------------------------------------------------------------------

/// A leader that replaces the block of an entry it has in its log already.
class Rewrites final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    bool leads = false;
    for (const Effect& e : effects.list()) {
      leads = leads || (sends(e) && effects.message_of(e).as<raft::AppendEntries>() != nullptr);
    }
    const std::size_t listed = effects.list().size();
    for (std::size_t i = 0; i < listed && leads; ++i) {
      const Effect e = effects.list()[i];
      if (e.kind != EffectKind::persist || !effects.record_of(e).block || ++seen_ % 20 != 0) {
        continue;
      }
      const Record first = effects.record_of(e);
      auto other = std::make_shared<Block>(*first.block);
      other->id.data[0] ^= 1;
      effects.set_slot(Slot::consensus);
      effects.persist(first.bytes, std::move(other));
    }
  }

 private:
  std::uint64_t seen_ = 0;
};

// --- 7.1.5.4-r ---------------------------------------------------------------------------------------

std::string bears_crashes_only(const ModelInfo& protocol) {
  if (!claims(protocol, "F7512-7.1.5.4-r")) return "does not claim to be a traditional algorithm";
  return {};
}

void crash_and_loss(Trial& trial) {
  Scenario s;
  s.name = "minority crashes, messages are lost";
  s.replicas = 5;
  s.disk_sync = "20 ms";
  s.duration = seconds(30);
  s.drain = seconds(15);
  s.extra = crash_of("nodes = [0, 1]", 4000, 3000) + crash_of("nodes = [2, 3]", 10000, 3000) +
            crash_of("nodes = [4, 0]", 16000, 3000) + crash_of("nodes = [0, 1, 2, 3, 4]", 22000, 500) +
            "[[faults]]\nkind = \"loss\"\nat = \"1 s\"\nuntil = \"24 s\"\n"
            "probability = \"10 %\"\n";
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    RunHooks hooks;
    hooks.seed = seed;
    const Ran ran = trial.run(s, hooks);
    trial.check_promises(ran);
    const double known = ran.metric("transactions_acknowledged");
    const double committed = ran.metric("transactions_committed");
    trial.note("seed " + std::to_string(seed) + ": acknowledged " + decimal(known, 0) +
               ", final " + decimal(committed, 0));
    trial.check(known > 100 && committed >= known, "every acknowledged transaction is final");
    const Height highest = ran.history->highest_final(5);
    Height lowest = highest;
    for (NodeId node = 0; node < 5; ++node) {
      lowest = std::min(lowest, ran.history->final_height(node));
    }
    trial.check(lowest == highest, "all replicas are level again at the end");
    const std::string wrong = ran.history->disagreement(5);
    trial.check(wrong.empty(), wrong.empty() ? "all final histories are equal" : wrong);
  }
}

}  // namespace

std::vector<Purpose> raft_purposes() {
  std::vector<Purpose> list(2);
  Purpose& q = list[0];
  q.id = "TP-7.1.5.4-q";
  q.clauses = {"F7512-7.1.5.4-q"};
  q.component = "raft";
  q.title = "The five invariants of Raft hold throughout";
  q.selector = "systems that claim Raft (7.1.5.4-q)";
  q.initial = "three and four servers, short and narrow election timeouts, no PreVote";
  q.stimulus = "crashes of the leader, power cuts of all, halving partitions; three seeds each";
  q.predicate =
      "Election Safety, Leader Append-Only, Log Matching, Leader Completeness, State Machine Safety, "
      "by the records servers hand to their disks and what they announce, after every record";
  q.left_out = "the same fault schedule on an etcd cluster: no foreign system is driven yet";
  q.not_applicable = is_raft;
  q.execute = five_invariants;
  q.twins = {{"votes-twice", "grants its vote to every candidate of a term",
              [](const Plan&) -> Wrap { return wrap_every<VotesTwice>(); }, {}, ""},
             {"forgets-to-persist", "loses its term, vote and log in a crash",
              [](const Plan&) -> Wrap { return wrap_every<ForgetsToPersist>(); }, {}, ""},
             {"half-is-enough", "takes half of the servers for a quorum",
              [](const Plan&) -> Wrap { return wrap_every<HalfIsEnough>(); }, {}, ""},
             {"rewrites-its-log", "a leader replaces entries it has",
              [](const Plan&) -> Wrap { return wrap_every<Rewrites>(); }, {}, ""}};
  Purpose& r = list[1];
  r.id = "TP-7.1.5.4-r";
  r.clauses = {"F7512-7.1.5.4-r"};
  r.component = "raft";
  r.title = "Acknowledged writes survive crashes and lost messages";
  r.selector = "systems that claim to be a traditional algorithm (7.1.5.4-r)";
  r.initial = "five replicas, slow disks, one message in ten lost";
  r.stimulus = "two replicas at a time go down, at last all five";
  r.predicate = "whatever a client was told is final everywhere, and all are level again";
  r.left_out = "no disk is lost as a whole, and the documented limit under a Byzantine node is not "
               "shown";
  r.not_applicable = bears_crashes_only;
  r.execute = crash_and_loss;
  r.twins = {{"forgets-to-persist", "loses what it had said in a crash",
              [](const Plan&) -> Wrap { return wrap_every<ForgetsToPersist>(); }, {}, ""}};
  return list;
}

}  // namespace ledgerlab::conformance
