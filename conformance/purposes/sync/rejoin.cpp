// Purposes of clause 7.1.5.1: a node that was away comes back, and believes nothing it cannot check.
#include <algorithm>

#include "conformance/purposes/sync/tampering.hpp"
#include "conformance/suite/purpose.hpp"

namespace ledgerlab::conformance {
namespace {

constexpr NodeId replicas = 4;
constexpr NodeId victim = 3;
constexpr Height blocks_missed = 500;

/// The stimulus of both purposes without the absence: one transaction a block, so that logs are as
/// long as chains.
Scenario steady(const ModelInfo& protocol, const std::string& name) {
  Scenario s;
  s.name = name;
  s.replicas = replicas;
  s.rate = "100 tx/s";
  s.accounts = 400;
  s.params = "block_max_transactions = 1";
  if (is_lottery(protocol)) {
    s.rate = "2 tx/s";
    s.params.clear();
  }
  return s;
}

/// Mean time between blocks, measured: what the absence is made of.
Duration interval_of(Trial& trial) {
  Scenario s = steady(trial.protocol, "interval");
  s.duration = (is_lottery(trial.protocol) ? 8 : 1) * trial.protocol.contract.run;
  const Ran ran = trial.run(s);
  const double interval = ran.metric("block_interval_s");
  if (interval <= 0) return {};
  return Duration{static_cast<std::int64_t>(interval * 1e9)};
}

struct Absence {
  Time from{}, until{};
  Duration bound{};
};

void add_absence(Scenario& s, Absence& absence, const ModelInfo& protocol, Duration length) {
  absence.from = Time{protocol.contract.run};
  absence.until = absence.from + length;
  s.extra += "[[faults]]\nkind = \"crash\"\nat = " + written(absence.from - time_start) +
             "\nuntil = " + written(absence.until - time_start) +
             "\nnode = " + std::to_string(victim) + "\n";
}

/// The run goes on for as long as the protocol allows for coming back, and longer.
void set_length(Trial& trial, Scenario& s, Absence& absence) {
  s.duration = absence.until - time_start;
  absence.bound = liveness_bound(*trial.plan(s));
  s.duration = (absence.until - time_start) + absence.bound + seconds(5);
}

void check_return(Trial& trial, const Ran& ran, const Absence& absence) {
  const History& h = *ran.history;
  const Height before = h.final_height(victim, absence.from);
  const Height then = h.highest_final(replicas, absence.until);
  trial.note("final height of node " + std::to_string(victim) + " when it went: " +
             std::to_string(before) + "; of the others when it came back: " +
             std::to_string(then));
  const Time reached = h.reached(victim, replicas, absence.until);
  const bool back = reached != time_never && h.final_height(victim, reached) >= then;
  trial.note("declared bound for coming back: " + in_seconds(absence.bound) +
             (back ? "; it took " + in_seconds(reached - absence.until) : ""));
  trial.check(back && reached <= absence.until + absence.bound,
              "the node that was away reaches the head of the others within the declared bound");
  const std::string wrong = h.disagreement(replicas);
  trial.check(wrong.empty(), wrong.empty() ? "final histories are equal at the end" : wrong);
  // At the end the others are at most what travels ahead.
  const Time late = Time{ran.plan->duration};
  trial.check(h.final_height(victim) >= h.highest_final(replicas, late),
              "at the end of the run the node holds everything that was final when the load ended");
}

void rejoin(Trial& trial) {
  const Duration interval = interval_of(trial);
  if (interval <= Duration::zero()) {
    trial.inconclusive("no block interval could be measured");
    return;
  }
  Scenario s = steady(trial.protocol, "rejoin");
  Absence absence;
  // A lottery is slower without the one that is away; and the last blocks are not final yet.
  constexpr int margin_percent = 170;
  add_absence(s, absence, trial.protocol, interval * (blocks_missed * margin_percent / 100));
  set_length(trial, s, absence);
  const Ran ran = trial.run(s);
  trial.check_promises(ran);
  const Height missed = ran.history->highest_final(replicas, absence.until) -
                        ran.history->final_height(victim, absence.from);
  trial.note("final blocks while it was away: " + std::to_string(missed));
  if (missed < blocks_missed) {
    trial.inconclusive("only " + std::to_string(missed) + " blocks became final meanwhile, " +
                       std::to_string(blocks_missed) + " were wanted");
  }
  check_return(trial, ran, absence);
}

void tampered(Trial& trial) {
  constexpr NodeId liar = 2;
  Scenario s = steady(trial.protocol, "lying peer");
  // The liar is next to its victim, so that it is the first to answer.
  s.latency =
      "{ kind = \"one-way\", regions = [\"near\", \"far\"], matrix = [[\"2 ms\", \"10 ms\"], "
      "[\"10 ms\", \"10 ms\"]] }";
  s.placement = "[\"far\", \"far\", \"near\", \"near\"]";
  if (trial.protocol.uses_hash_power) s.system = "hash_shares = [1, 1, 0, 1]\n";
  Absence absence;
  add_absence(s, absence, trial.protocol, 2 * trial.protocol.contract.run);
  set_length(trial, s, absence);
  // What another world said: same protocol, other keys, another history.
  Scenario other = s;
  other.name = "another history";
  Overheard overheard(victim, absence.until);
  RunHooks listen;
  listen.seed = 2;
  listen.wrap = overheard.wrap();
  trial.run(other, listen);

  Tampering tampering(*trial.plan(s), liar, victim, absence.until, overheard.frames());
  RunHooks hooks;
  hooks.wrap = tampering.wrap();
  hooks.stimulus = "tampering@1";
  const Ran ran = trial.run(s, hooks);
  const Tampering::Counts& told = tampering.counts();
  trial.note("told by the lying peer: " + std::to_string(told.altered) + " altered, " +
             std::to_string(told.swapped) + " in the wrong order, " +
             std::to_string(told.foreign) + " of another history");
  if (told.altered == 0 || told.foreign == 0) {
    trial.inconclusive("the lying peer found too little to say");
  }
  trial.check_promises(ran);
  check_return(trial, ran, absence);
  std::uint64_t believed = 0;
  const auto& nodes = ran.history->nodes;
  for (const History::Announcement& a : nodes[victim].finals) {
    if (a.at < absence.until || a.height > ran.history->final_height(0)) continue;
    believed += std::none_of(
        nodes[0].finals.begin(), nodes[0].finals.end(),
        [&](const History::Announcement& b) { return b.height == a.height && b.tag == a.tag; });
  }
  trial.check(believed == 0, "nothing the lying peer invented became final at its victim (" +
                                 std::to_string(believed) + " blocks that no other node holds)");
}

/// Hears nothing more once it has been down.
class Deaf final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::start) away_ = input.incarnation > 0;
    if (away_ && input.kind == InputKind::deliver) return;
    Wrapped::step(input, effects);
  }

 private:
  bool away_ = false;
};

/// Once it has been down, it takes each message of its neighbour for a decision of its own making.
class Credulous final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::start) away_ = input.incarnation > 0;
    Wrapped::step(input, effects);
    for (Effect& e : list(effects)) {
      if (!away_ || e.kind != EffectKind::announce_final) continue;
      auto& block = const_cast<BlockRef&>(effects.block_of(e));
      if (block->height == 0) continue;
      auto other = std::make_shared<Block>(*block);
      other->id.data[0] ^= 1;
      block = std::move(other);
    }
  }

 private:
  bool away_ = false;
};

std::string trusts_its_peers(const ModelInfo& protocol) {
  if (bears_byzantine(protocol)) return {};
  return "its fault model (" + protocol.fault_model.text +
         ") has no lying peer: a replica takes what the leader says";
}

}  // namespace

std::vector<Purpose> sync_purposes() {
  std::vector<Purpose> list(2);
  Purpose& a = list[0];
  a.id = "TP-7.1.5.1-a";
  a.clauses = {"F7512-7.1.5.1-a"};
  a.component = "sync";
  a.title = "A node that was away for 500 blocks comes back to the head";
  a.selector = "every system";
  a.initial = "four replicas; one goes down, the others make at least 500 final blocks";
  a.stimulus = "it starts again with what its disk kept";
  a.predicate =
      "it reaches the others' final height within the protocol's declared bound, and all final "
      "histories are equal";
  a.not_applicable = applies_to_all;
  a.execute = rejoin;
  a.twins = {{"deaf-after-restart", "takes no message once it has been down",
              [](const Plan&) -> Wrap { return wrap_every<Deaf>(); }, {}, "rejoin"},
             {"rejoins-another-history", "calls other blocks final once it has been down",
              [](const Plan&) -> Wrap { return wrap_every<Credulous>(); }, {}, "rejoin"}};
  Purpose& b = list[1];
  b.id = "TP-7.1.5.1-b";
  b.clauses = {"F7512-7.1.5.1-b"};
  b.component = "sync";
  b.title = "What a lying peer serves is rejected, and the others bring the node up to date";
  b.selector = "systems whose fault model has Byzantine nodes";
  b.initial = "four replicas; one was down, its nearest peer lies";
  b.stimulus =
      "the peer alters a byte of what it serves, swaps messages, and sends the messages of another "
      "world's history";
  b.predicate =
      "nothing of it becomes final at the victim, and the victim still reaches the head within the "
      "declared bound";
  b.left_out = "no peer is penalised: peers carry no score in this version";
  b.not_applicable = trusts_its_peers;
  b.execute = tampered;
  b.twins = {{"deaf-after-restart", "completes no synchronization",
              [](const Plan&) -> Wrap { return wrap_every<Deaf>(); }, {}, "lying peer"},
             {"believes-its-peer", "calls other blocks final than those it can check",
              [](const Plan&) -> Wrap { return wrap_every<Credulous>(); }, {}, "lying peer"}};
  return list;
}

}  // namespace ledgerlab::conformance
