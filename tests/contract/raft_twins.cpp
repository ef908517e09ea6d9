// Twins of Raft: what goes wrong when a rule of the paper or of the persist gate is broken.
#include <optional>

#include "conformance/purposes/raft/bad_servers.hpp"
#include "tests/contract/twins.hpp"

namespace ledgerlab::contract {
namespace {

using conformance::ForgetsToPersist;
using conformance::HalfIsEnough;
using conformance::VotesTwice;

/// Its gate forgets earlier steps: only what follows a record within one step waits for it.
class ForgetfulGate final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    bool recorded = false;
    for (Effect& e : list(effects)) {
      recorded = recorded || e.kind == EffectKind::persist;
      if (!recorded) e.gate = Gate::ungated;
    }
  }
};

/// Believes of every round of heartbeats for a read that all have answered it (dissertation 6.4).
class ReadsUnconfirmed final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    std::optional<raft::ConfirmLeader> asked;
    for (Effect& e : list(effects)) {
      if (e.kind > EffectKind::broadcast) continue;
      if (const auto* round = effects.message_of(e).as<raft::ConfirmLeader>()) asked = *round;
    }
    if (!asked) return;
    effects.set_slot(Slot::consensus);
    const MessageRef reply = effects.make(raft::ConfirmLeaderReply{asked->term, asked->round});
    for (NodeId other = 0; other < 5; ++other) {
      if (other == input.self) continue;
      Input answer = input;
      answer.kind = InputKind::deliver;
      answer.slot = Slot::consensus;
      answer.call = nullptr;
      answer.from = other;
      answer.message = reply.get();
      Wrapped::step(answer, effects);
    }
  }
};

TestScenario raft_setup() {
  TestScenario setup;
  setup.protocol = builtin_models().find(ModelKind::consensus, "raft");
  setup.replicas = 3;
  setup.duration = seconds(10);
  setup.drain = seconds(15);
  return setup;
}

/// All replicas crash together, again and again: what is not durable is gone everywhere.
TestScenario power_cuts() {
  TestScenario setup = raft_setup();
  setup.disk_sync = "50 ms";
  setup.rate = "100 tx/s";
  setup.params = "heartbeat_interval = \"10 ms\"";
  for (int i = 0; i < 6; ++i) {
    setup.extra += "[[faults]]\nkind = \"crash\"\nat = \"" + std::to_string(2000 + 1313 * i) +
                   " ms\"\nfor = \"100 ms\"\nnodes = [0, 1, 2]\n";
  }
  return setup;
}

}  // namespace

std::vector<Twin> raft_twins() {
  TestScenario contested = raft_setup();
  contested.params =
      "pre_vote = false, check_quorum = false, election_timeout_min = \"200 ms\", "
      "election_timeout_max = \"240 ms\"";
  TestScenario halved = raft_setup();
  halved.replicas = 4;
  halved.duration = seconds(15);
  halved.clients = 4;  // nodes 4 to 7: two on either side
  halved.extra =
      "[[faults]]\nkind = \"partition\"\nat = \"3 s\"\nuntil = \"13 s\"\n"
      "groups = [[0, 1, 4, 5], [2, 3, 6, 7]]\n";
  // The leader and one more are cut off from the others, each side with half of the clients.
  TestScenario parted = raft_setup();
  parted.replicas = 5;
  parted.clients = 10;
  parted.duration = seconds(14);
  parted.client = "read_share = \"50 %\"";
  parted.params = "check_quorum = false, initial_leader = 0";
  parted.extra =
      "[[faults]]\nkind = \"partition\"\nat = \"3 s\"\nuntil = \"11 s\"\n"
      "groups = [[0, 1, 5, 6, 10, 11], [2, 3, 4, 7, 8, 9, 12, 13, 14]]\n";
  const std::vector<std::string> lost{"agreement", "durability", "prefix_consistency",
                                      "one_leader"};
  return {
      {"raft_gate_forgets_earlier_steps", power_cuts(), lost, every<ForgetfulGate>(), {}, 40},
      {"raft_forgets_to_persist", power_cuts(), lost, every<ForgetsToPersist>(), {}, 5},
      {"raft_votes_twice_in_a_term", contested, {"one_leader"}, every<VotesTwice>(), {}, 40},
      {"raft_quorum_of_half", halved, {"agreement", "one_leader"}, every<HalfIsEnough>(), {}, 10},
      {"raft_reads_without_confirming", parted, {"linearisable_reads"}, every<ReadsUnconfirmed>(),
       {}, 5},
  };
}

}  // namespace ledgerlab::contract
