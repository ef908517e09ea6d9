// Contract of Byzantine behaviours: they do what they say, whatever the protocol; beyond the fault
// model what breaks is an outcome and never a violation; within it nothing breaks.
#include <algorithm>
#include <set>

#include "sim/run/run.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

/// What one node sends and announces.
struct Sends final : Sink {
  explicit Sends(NodeId node_) : node(node_) {}
  NodeId node;
  std::vector<Event> sends;
  std::uint32_t interest() const override { return event_bit(EventType::send); }
  void on_event(const Event& e) override {
    if (e.node == node) sends.push_back(e);
  }
};

std::string entry(const std::string& model, const std::string& rest) {
  return "[[behaviours]]\nmodel = \"" + model + "\"\n" + rest;
}

TestScenario setup_of(const ModelInfo* protocol, std::string extra) {
  TestScenario setup;
  setup.protocol = protocol;
  setup.duration = 2 * protocol->contract.run;
  setup.extra = std::move(extra);
  return setup;
}

RunResult result_of(const TestScenario& setup, std::uint64_t seed) {
  const Plan plan = setup.plan(seed);
  return run_system(plan, plan.systems.front());
}

bool has(const std::vector<Finding>& findings, const std::string& checker) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& f) { return f.checker == checker; });
}

class Behaviours : public ::testing::TestWithParam<const ModelInfo*> {};

TEST_P(Behaviours, SilentSendsNothingFromItsTimeOn) {
  const TestScenario setup =
      setup_of(GetParam(), entry("silent", "nodes = [1]\nfrom = \"2 s\"\nuntil = \"4 s\"\n"));
  Sends sends(1);
  BuildOptions options;
  options.sinks = {&sends};
  Ran run(setup.plan(1), options);
  std::size_t before = 0, during = 0, after = 0;
  for (const Event& e : sends.sends) {
    // What an earlier record held back may still leave.
    (e.time < time_start + seconds(2)            ? before
     : e.time < time_start + seconds(2) + ms(50) ? before
     : e.time < time_start + seconds(4)          ? during
                                                 : after)++;
  }
  EXPECT_GT(before, 0u);
  EXPECT_EQ(during, 0u);
  EXPECT_GT(after, 0u);
}

TEST_P(Behaviours, AllButOneBeyondTheModelIsNoViolation) {
  for (const ModelInfo* behaviour : behaviours_of(*GetParam())) {
    SCOPED_TRACE(behaviour->name);
    TestScenario setup = setup_of(GetParam(), entry(behaviour->name, "nodes = [0, 1, 2]\n"));
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      for (const Finding& f : result_of(setup, seed).violations) {
        ADD_FAILURE() << "seed " << seed << ": " << f.checker << ": " << f.text;
      }
    }
  }
}

TEST_P(Behaviours, WithinTheModelNothingBreaks) {
  TestScenario setup = setup_of(GetParam(), "");
  setup.for_swarm = true;
  const std::uint32_t most = GetParam()->fault_model.max_byzantine(setup.replicas);
  if (most == 0) GTEST_SKIP() << "bears no Byzantine replica";
  std::string nodes;
  for (std::uint32_t i = 0; i < most; ++i) nodes += (i ? ", " : "") + std::to_string(i);
  for (const ModelInfo* behaviour : behaviours_of(*GetParam())) {
    SCOPED_TRACE(behaviour->name);
    setup.extra = entry(behaviour->name, "nodes = [" + nodes + "]\nuntil = \"3 s\"\n");
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const RunResult result = result_of(setup, seed);
      for (const auto* findings : {&result.violations, &result.outcomes}) {
        for (const Finding& f : *findings) {
          ADD_FAILURE() << "seed " << seed << ": " << f.checker << ": " << f.text;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Behaviours, ::testing::ValuesIn(protocols()), protocol_name);

const ModelInfo* raft() { return builtin_models().find(ModelKind::consensus, "raft"); }
const ModelInfo* pow() { return builtin_models().find(ModelKind::consensus, "pow"); }

TEST(Behaviour, WithholdingVotesKeepsALeaderFromDeciding) {
  // Of three, the leader needs one vote: with both withheld nothing is decided. In Raft the answer
  // to a heartbeat counts for a vote.
  TestScenario setup = setup_of(raft(), entry("withhold",
                                              "nodes = [1, 2]\nfrom = \"3 s\"\n"
                                              "params = { roles = \"vote, heartbeat\" }\n"));
  setup.replicas = 3;
  setup.params = "initial_leader = 0, check_quorum = false";
  Finals finals;
  BuildOptions options;
  options.sinks = {&finals};
  Ran run(setup.plan(1), options);
  EXPECT_GT(finals.highest(time_start + seconds(3)), 0u);
  EXPECT_EQ(finals.highest(), finals.highest(time_start + seconds(3) + ms(100)));
}

TEST(Behaviour, DelayedMessagesArriveLaterByThatMuch) {
  TestScenario prompt = setup_of(raft(), "");
  prompt.params =
      "initial_leader = 0, election_timeout_min = \"2 s\", election_timeout_max = \"3 s\"";
  TestScenario late = prompt;
  late.extra = entry("delay", "nodes = [0]\nparams = { by = \"200 ms\", only_as_leader = true }\n");
  const auto first_final = [](const TestScenario& setup) {
    Finals finals;
    BuildOptions options;
    options.sinks = {&finals};
    Ran run(setup.plan(2), options);
    return finals.of.at(1).at(1).at;  // at a follower
  };
  const Duration difference = first_final(late) - first_final(prompt);
  // The leader's first entry, the transaction's and the notice of its commitment, one after
  // another.
  EXPECT_GE(difference, ms(400));
  EXPECT_LE(difference, ms(700));
}

TEST(Behaviour, TwinsOfALeaderBreakRaftsAgreement) {
  TestScenario setup = setup_of(raft(), entry("equivocate", "nodes = [0]\n"));
  setup.replicas = 3;
  setup.params = "initial_leader = 0";
  const RunResult result = result_of(setup, 1);
  EXPECT_TRUE(has(result.outcomes, "agreement"));
  EXPECT_TRUE(result.violations.empty());
  // The same two stacks that hear and tell everything together are one correct replica.
  setup.extra = entry("equivocate", "nodes = [0]\nfrom = \"1 h\"\n");
  EXPECT_TRUE(result_of(setup, 1).outcomes.empty());
}

std::string mining(const std::string& behaviour, const std::string& rest) {
  return entry(behaviour, "nodes = [0]\n" + rest);
}

/// Blocks of the longest chain by maker, as the nodes' heads show them.
struct Makers final : Sink {
  std::map<std::uint64_t, std::pair<BlockRef, NodeId>> blocks;
  BlockRef best;
  std::uint32_t interest() const override { return event_bit(EventType::head); }
  void on_event(const Event& e) override {
    const BlockRef& block = *static_cast<const BlockRef*>(e.object);
    blocks.try_emplace(e.a, block, e.node);
    if (!best || block->height > best->height) best = block;
  }
  double share_of(NodeId node) const {
    std::uint64_t own = 0, all = 0;
    for (auto at = blocks.find(best->id.tag()); at != blocks.end() && at->second.first->height > 0;
         at = blocks.find(at->second.first->parent.tag())) {
      own += at->second.second == node;
      ++all;
    }
    return static_cast<double>(own) / static_cast<double>(all);
  }
};

double chain_share(const std::string& extra) {
  TestScenario setup = setup_of(pow(), extra);
  setup.rate = "0.1 tx/s";
  setup.replicas = 7;
  setup.duration = seconds(20'000);
  setup.params = "block_interval = \"5 s\", retarget = \"none\", settlement_depth = 50";
  Plan plan = setup.plan(4);
  plan.systems.front().hash_share_ppb = {400'000'000, 100'000'000, 100'000'000, 100'000'000,
                                         100'000'000, 100'000'000, 100'000'000};
  Makers makers;
  BuildOptions options;
  options.sinks = {&makers};
  Ran run(std::move(plan), options);
  return makers.share_of(0);
}

TEST(Behaviour, SelfishMiningEarnsMoreThanItsShare) {
  const double honest = chain_share("");
  const double selfish = chain_share(mining("selfish", ""));
  EXPECT_LT(honest, 0.43);
  EXPECT_GT(selfish, 0.46);  // Eyal, Sirer: 0.484 without luck in ties, 0.567 with all of it
}

}  // namespace
}  // namespace ledgerlab::contract
