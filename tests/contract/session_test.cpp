// Every protocol over sessions that are really set up: the same is committed as under assumed
// sessions, both crypto modes agree, crashes and losses are borne, an impostor is not heard.
#include <set>

#include "models/parts/session/secure_node.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {


/// `text` with a line more in [network].
Plan plan_of(const TestScenario& scenario, const std::string& line, std::uint64_t seed = 1) {
  std::string text = scenario.text();
  const std::string head = "[network]\n";
  text.insert(text.find(head) + head.size(), line);
  return load_plan(parse_scenario(text, "contract.toml"), seed);
}
const std::string on = "sessions = \"handshake\"\n";

struct Loads final : Sink {
  std::set<std::uint64_t> submitted, acknowledged;
  std::uint32_t interest() const override {
    return event_bit(EventType::submit) | event_bit(EventType::acknowledge);
  }
  void on_event(const Event& event) override {
    (event.type == EventType::submit ? submitted : acknowledged).insert(event.a);
  }
};

const session::SecureNode& secured(World& world, NodeId node) {
  return dynamic_cast<const session::SecureNode&>(*world.program(node));
}

class Sessions : public ::testing::TestWithParam<const ModelInfo*> {
 protected:
  TestScenario scenario() const { return {.protocol = GetParam(), .drain = seconds(20)}; }
};

TEST_P(Sessions, TheSameIsCommitted) {
  Loads assumed, set_up;
  Finals finals;
  Ran before(plan_of(scenario(), ""), {.sinks = {&assumed}});
  Ran after(plan_of(scenario(), on), {.sinks = {&set_up, &finals}});
  EXPECT_EQ(assumed.submitted, set_up.submitted);
  EXPECT_GT(set_up.acknowledged.size(), 50u);
  EXPECT_EQ(set_up.acknowledged, set_up.submitted);
  EXPECT_EQ(assumed.acknowledged, assumed.submitted);
  EXPECT_EQ(finals.disagreement(), "");
  for (NodeId node = 0; node < after.plan.nodes(); ++node) {
    const auto& counts = secured(after.world(), node).counts();
    EXPECT_GT(counts.handshakes, 0u);
    EXPECT_EQ(counts.dropped, 0u);
    EXPECT_EQ(counts.refused, 0u);
    EXPECT_EQ(counts.repeated, 0u);
  }
}

TEST_P(Sessions, AreDeterministicAheadOfTheQueueOrNot) {
  const Plan plan = plan_of(scenario(), on);
  Ran ahead(plan), again(plan), behind(plan, {.eager = false});
  EXPECT_EQ(ahead.hash(), again.hash());
  EXPECT_EQ(ahead.hash(), behind.hash());
  EXPECT_NE(ahead.hash(), Ran(plan_of(scenario(), "")).hash());
  EXPECT_NE(plan.systems[0].digest, plan_of(scenario(), "").systems[0].digest);
}

TEST_P(Sessions, BothCryptoModesHaveOneTrace) {
  if (GetParam()->family == "lottery") GTEST_SKIP() << "lotteries agree in distribution";
  TestScenario s = scenario();
  s.duration = seconds(2);
  const std::string costed = Ran(plan_of(s, on)).hash();
  s.real_crypto = true;
  EXPECT_EQ(Ran(plan_of(s, on)).hash(), costed);
}

TEST_P(Sessions, LossAndACrashAreBorne) {
  TestScenario s = scenario();
  s.replicas = 5;
  s.duration = seconds(12);
  s.extra =
      "[[faults]]\nkind = \"loss\"\nprobability = \"25 %\"\nat = \"0 s\"\nuntil = \"8 s\"\n"
      "[[faults]]\nkind = \"crash\"\nnode = 2\nat = \"3 s\"\nuntil = \"5 s\"\n";
  Finals finals;
  Ran ran(plan_of(s, on), {.sinks = {&finals}});
  EXPECT_EQ(finals.disagreement(), "");
  EXPECT_GT(finals.height(2), finals.highest(time_start + seconds(5))) << "it catches up";
  std::uint64_t repeated = 0;
  for (NodeId node = 0; node < s.replicas; ++node) {
    repeated += secured(ran.world(), node).counts().repeated;
  }
  EXPECT_GT(repeated, 0u);
}

TEST_P(Sessions, AnImpostorIsNotHeard) {
  TestScenario s = scenario();
  s.extra = "[[behaviours]]\nmodel = \"impostor\"\nnodes = [3]\n";
  Finals finals;
  Ran ran(plan_of(s, on), {.sinks = {&finals}});
  for (NodeId node = 0; node < 3; ++node) {
    EXPECT_FALSE(secured(ran.world(), node).stands(3));
    EXPECT_GT(finals.height(node), 0u);
  }
  if (GetParam()->family != "lottery") EXPECT_EQ(finals.height(3), 0u);
  // The twin: where sessions are assumed it takes part.
  Finals assumed;
  Ran twin(plan_of(s, ""), {.sinks = {&assumed}});
  EXPECT_GT(assumed.height(3), 0u);
}

TEST_P(Sessions, FirstContactWorksWithoutADirectory) {
  Finals finals;
  Ran ran(plan_of(scenario(), on + "identities = \"first_contact\"\n"), {.sinks = {&finals}});
  EXPECT_GT(finals.highest(), 0u);
  EXPECT_EQ(finals.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(AllProtocols, Sessions, ::testing::ValuesIn(protocols()), protocol_name);

}  // namespace
}  // namespace ledgerlab::contract
