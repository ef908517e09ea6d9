// Contract: what an operator asks of a running system is an input like any other: the same
// whether a node runs ahead or not, and harmless to what clients were told. (Replay: replay_test.)
#include "models/api/client_messages.hpp"
#include "sim/run/run.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

std::string operation(int at_ms, const std::string& rest) {
  return "[[operations]]\nat = \"" + std::to_string(at_ms) + " ms\"\n" + rest + "\n";
}

TestScenario changing() {
  TestScenario setup;
  setup.protocol = builtin_models().find(ModelKind::consensus, "raft");
  setup.replicas = 6;
  setup.clients = 3;
  setup.duration = seconds(12);
  setup.client = "read_share = \"30 %\"";
  setup.params = "initial_members = 3, initial_leader = 0";
  setup.extra = operation(2000, "action = \"add_server\"\nnode = 3") +
                operation(3000, "action = \"add_server\"\nnode = 4") +
                operation(4000, "action = \"transfer_leadership\"\nnode = 3") +
                operation(5500, "action = \"remove_server\"\nnode = 0") +
                operation(7000, "action = \"change_members\"\nnodes = [1, 4, 5]") +
                "[[faults]]\nkind = \"crash\"\nat = \"9 s\"\nfor = \"1 s\"\ntarget = \"leader\"\n";
  return setup;
}

double metric(const RunResult& result, const std::string& name) {
  const Metric* found = result.metric(name);
  return found ? found->value : -1;
}

struct Leaders final : Sink {
  std::vector<NodeId> list;
  std::uint32_t interest() const override { return event_bit(EventType::role); }
  void on_event(const Event& e) override {
    if (static_cast<NodeRole>(e.kind) == NodeRole::leader) list.push_back(e.node);
  }
};

TEST(Operations, ChangeMembersAndLeadersUnderLoadWithoutAViolation) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Plan plan = changing().plan(seed);
    const RunResult result = run_system(plan, plan.systems.front(), {});
    for (const Finding& f : result.violations) ADD_FAILURE() << seed << " " << f.text;
    EXPECT_FALSE(result.saturated) << "transactions were lost on the way";
    EXPECT_GT(metric(result, "reads_per_s"), 8) << seed;
    EXPECT_GT(metric(result, "read_latency_ms_p50"), 30) << "a round trip to a majority at least";
  }
}

TEST(Operations, ReachTheLeaderAndDoWhatTheySay) {
  Leaders leaders;
  BuildOptions options;
  options.sinks = {&leaders};
  Ran run(changing().plan(1), options);
  ASSERT_GE(leaders.list.size(), 3u);
  EXPECT_EQ(leaders.list[0], 0u);
  EXPECT_EQ(leaders.list[1], 3u) << "leadership was not transferred";
  const NodeId last = leaders.list.back();
  EXPECT_TRUE(last == 1 || last == 4 || last == 5) << last << " is no member any more";
}

TEST(Operations, GiveOneTraceWhetherNodesRunAheadOrNot) {
  const Plan plan = changing().plan(2);
  BuildOptions slow;
  slow.eager = false;
  EXPECT_EQ(Ran(plan).hash(), Ran(plan, slow).hash());
}

TEST(Operations, AreInThePlanDigestAndInTheTrace) {
  TestScenario without = changing();
  without.extra = without.extra.substr(without.extra.find("[[faults]]"));
  const Plan a = changing().plan(3);
  const Plan b = without.plan(3);
  EXPECT_NE(a.systems[0].digest, b.systems[0].digest);
  EXPECT_NE(Ran(a).hash(), Ran(b).hash());
}

TEST(Operations, ReadsGoThroughFollowersToo) {
  TestScenario setup = changing();
  setup.extra.clear();
  setup.params = "initial_leader = 0";
  const Plan plan = setup.plan(1);
  struct Replies final : Sink {
    std::map<NodeId, int> by;
    std::uint32_t interest() const override { return event_bit(EventType::send); }
    void on_event(const Event& e) override {
      if (e.slot == Slot::client && e.kind == ReadReply::info.kind) ++by[e.node];
    }
  } replies;
  BuildOptions options;
  options.sinks = {&replies};
  Ran run(plan, options);
  EXPECT_GT(replies.by.size(), 1u) << "only one replica answers reads";
}

}  // namespace
}  // namespace ledgerlab::contract
