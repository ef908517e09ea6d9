// Discovery by signed lists and by seeds under whole protocols: a revoked member is out, one that too
// few have revoked is not, and a chain spreads among nodes that found each other.
#include <set>

#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

Plan plan_of(const TestScenario& scenario, const std::string& network, const std::string& system) {
  std::string text = scenario.text();
  const auto insert_after = [&](const std::string& head, const std::string& lines) {
    text.insert(text.find(head) + head.size(), lines);
  };
  insert_after("[network]\n", network);
  insert_after("[[systems]]\n", system);
  return load_plan(parse_scenario(text, "contract.toml"), 1);
}

const std::string on = "sessions = \"handshake\"\n";
const std::string revoking =
    "discovery = \"static_list\"\n"
    "discovery_params = { revoke = \"3\", revoke_at = \"3 s\"";

class Membership : public ::testing::TestWithParam<const ModelInfo*> {
 protected:
  TestScenario scenario() const {
    return {.protocol = GetParam(), .replicas = 5, .duration = seconds(10)};
  }
  /// Blocks of node 3 and of anybody, from a while after the revocation on.
  struct Progress {
    Height of_3, of_all;
  };
  Progress after_revocation(const std::string& network, const std::string& params) {
    Finals finals;
    Ran ran(plan_of(scenario(), network, revoking + params + " }\n"), {.sinks = {&finals}});
    EXPECT_EQ(finals.disagreement(), "");
    const Time settled = time_start + seconds(5);
    return {finals.height(3) - finals.height(3, settled), finals.highest() - finals.highest(settled)};
  }
};

TEST_P(Membership, ARevokedMemberIsOut) {
  const Progress progress = after_revocation(on, "");
  EXPECT_GT(progress.of_all, 3u);
  EXPECT_EQ(progress.of_3, 0u);
}

TEST_P(Membership, WhomTooFewHaveRevokedIsNot) {
  const Progress progress = after_revocation(on, ", revoke_signatures = 1");
  EXPECT_GT(progress.of_3, 3u);
}

/// Lotteries settle their own blocks alone; the others stop without a quorum.
std::vector<const ModelInfo*> quorum_protocols() {
  std::vector<const ModelInfo*> out = protocols();
  std::erase_if(out, [](const ModelInfo* p) {
    return p->family == "lottery" || p->name == "fixed_leader";
  });
  return out;
}
INSTANTIATE_TEST_SUITE_P(QuorumProtocols, Membership, ::testing::ValuesIn(quorum_protocols()),
                         protocol_name);

TEST(Seeds, AChainSpreadsAmongNodesThatFoundEachOther) {
  const ModelInfo* pow = builtin_models().find(ModelKind::consensus, "pow");
  TestScenario s{.protocol = pow, .replicas = 20, .duration = seconds(60), .drain = seconds(20)};
  for (const bool handshakes : {false, true}) {
    Finals finals;
    Ran ran(plan_of(s, (handshakes ? on : "") + "topology = \"random-regular\"\ndegree = 4\n",
                    "discovery = \"dns_seed\"\ndiscovery_params = { outbound = 4 }\n"),
            {.sinks = {&finals}});
    EXPECT_EQ(finals.disagreement(), "");
    const Height highest = finals.highest();
    EXPECT_GT(highest, 5u);
    for (NodeId node = 0; node < 20; ++node) EXPECT_GE(finals.height(node) + 2, highest) << node;
  }
}

TEST(Seeds, WithoutAnAnsweringSeedNothingSpreads) {
  const ModelInfo* pow = builtin_models().find(ModelKind::consensus, "pow");
  TestScenario s{.protocol = pow, .replicas = 20, .duration = seconds(30)};
  struct Heads final : Sink {
    std::map<std::uint64_t, std::set<NodeId>> of;
    std::uint32_t interest() const override { return event_bit(EventType::head); }
    void on_event(const Event& event) override { of[event.a].insert(event.node); }
  } heads;
  Ran ran(plan_of(s, "", "discovery = \"dns_seed\"\ndiscovery_params = { crawled = \"0 %\" }\n"),
          {.sinks = {&heads}});
  std::size_t shared = 0;
  for (const auto& [block, nodes] : heads.of) shared += nodes.size() > 1 ? 1 : 0;
  EXPECT_LE(shared, 1u) << "genesis at most";
}

}  // namespace
}  // namespace ledgerlab::contract
