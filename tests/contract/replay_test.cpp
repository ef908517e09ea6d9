// Contract: the recorded inputs of one node, fed to fresh Stacks without host or engine, give the
// same effects byte for byte (DESIGN 13.1). A module that reads a clock, an address or a global
// cannot pass.
#include "sim/scenario/keys.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

/// Content numbers in order of first sight, as the host gives them: any injective renaming will do.
class FirstSight final : public Interner {
 public:
  std::uint32_t intern(const Hash128& content) override {
    const auto next = static_cast<std::uint32_t>(known_.size());
    return known_.try_emplace(content.data, next).first->second;
  }

 private:
  std::map<std::array<Byte, 16>, std::uint32_t> known_;
};

class Replay : public ::testing::TestWithParam<const ModelInfo*> {
 protected:
  static void replay(const TestScenario& setup, std::uint64_t seed, NodeId node) {
    BuildOptions options;
    options.record_inputs_of = node;
    Ran run(setup.plan(seed), options);
    const auto& steps = run.world().recorded();
    ASSERT_GT(steps.size(), 50u);
    // A world of its own to draw fresh nodes from: nothing is shared with the recorded one.
    BuiltWorld fresh(run.plan, run.plan.systems.front(), {});
    FirstSight interner;
    Effects effects(fresh.suite(), interner, run.plan.hardware.costs);
    std::unique_ptr<Module> module;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Input input = steps[i].input;
      input.message = steps[i].message.get();
      input.draws = &steps[i].draws;
      if (input.kind == InputKind::start) {
        module = fresh.make_node(node);
        if (!steps[i].restored.empty()) module->restore(steps[i].restored);
      }
      ASSERT_TRUE(module) << "the first input is no start";
      effects.begin(node);
      if (input.kind == InputKind::deliver) charge_delivery(effects, *input.message, run.plan);
      module->step(input, effects);
      ASSERT_EQ(to_hex(effects.canonical()), to_hex(steps[i].effects))
          << "step " << i << " of " << steps.size();
      effects.discard();
    }
  }
  /// What the host charges before a delivery's step is part of the recorded effects.
  static void charge_delivery(Effects& effects, const Message& message, const Plan& plan);
};

void Replay::charge_delivery(Effects& effects, const Message& message, const Plan& plan) {
  effects.work(Operation::message_handle);
  effects.work(Operation::message_byte, message.wire_size());
  if (plan.hardware.cores > 1) return;
  if (message.auth() == Auth::signature) effects.work(Operation::verify);
  if (message.auth() == Auth::mac) effects.work(Operation::mac);
}

TEST_P(Replay, OfEveryReplicaAndAClient) {
  TestScenario setup;
  setup.protocol = GetParam();
  setup.duration = seconds(4);
  for (NodeId node = 0; node < setup.replicas + 1; ++node) {
    SCOPED_TRACE("node " + std::to_string(node));
    replay(setup, 5, node);
  }
}

TEST_P(Replay, AcrossACrash) {
  TestScenario setup;
  setup.protocol = GetParam();
  setup.extra = "[[faults]]\nkind = \"crash\"\nat = \"2 s\"\nfor = \"500 ms\"\nnode = 2\n";
  replay(setup, 6, 2);
}

TEST_P(Replay, OfWhatAnOperatorAndReadersAsk) {
  TestScenario setup;
  setup.protocol = GetParam();
  setup.duration = seconds(4);
  if (GetParam()->linearisable_reads) setup.client = "read_share = \"30 %\"";
  const auto names = operation_names();
  int at = 1000;
  for (const OperateAction action : GetParam()->operations) {
    setup.extra += "[[operations]]\nat = \"" + std::to_string(at += 500) + " ms\"\naction = \"" +
                   names[static_cast<std::size_t>(action)] + "\"\n" +
                   (action == OperateAction::change_members ? "nodes = [0, 1, 2]\n" : "node = 2\n");
  }
  for (NodeId node = 0; node < setup.replicas + 1; ++node) {
    SCOPED_TRACE("node " + std::to_string(node));
    replay(setup, 7, node);
  }
}

TEST_P(Replay, OfByzantineReplicas) {
  for (const ModelInfo* behaviour : behaviours_of(*GetParam())) {
    SCOPED_TRACE(behaviour->name);
    TestScenario setup;
    setup.protocol = GetParam();
    setup.extra = "[[behaviours]]\nmodel = \"" + behaviour->name + "\"\nnodes = [1, 2]\n";
    replay(setup, 7, 1);
  }
}

TEST_P(Replay, WithRealCrypto) {
  TestScenario setup;
  setup.protocol = GetParam();
  setup.duration = seconds(3);
  setup.real_crypto = true;
  replay(setup, 7, 1);
}

INSTANTIATE_TEST_SUITE_P(Every, Replay, ::testing::ValuesIn(protocols()), protocol_name);

}  // namespace
}  // namespace ledgerlab::contract
