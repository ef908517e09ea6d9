// Contract of the ways to catch up that a scenario may choose for a chain: a replica that joins
// late comes up and no checker finds fault, whatever else happens to it; the trace does not know
// whether results are shared or nodes run ahead; it costs fewer bytes where less is asked for.
#include "sim/run/run.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

std::string crash(int node, int from_s, int until_s) {
  return "[[faults]]\nkind = \"crash\"\nnode = " + std::to_string(node) + "\nat = \"" +
         std::to_string(from_s) + " s\"\nuntil = \"" + std::to_string(until_s) + " s\"\n";
}
std::string cut(int node, int from_ms, int until_ms) {
  return "[[faults]]\nkind = \"partition\"\ngroups = [[" + std::to_string(node) + "]]\nat = \"" +
         std::to_string(from_ms) + " ms\"\nuntil = \"" + std::to_string(until_ms) + " ms\"\n";
}

struct Choice {
  const char* protocol;
  const char* sync;
};
void PrintTo(const Choice& choice, std::ostream* out) {
  *out << choice.protocol << " " << choice.sync;
}

TestScenario world(const Choice& choice, const std::string& faults) {
  TestScenario setup;
  setup.protocol = builtin_models().find(ModelKind::consensus, choice.protocol);
  setup.replicas = 6;
  setup.duration = seconds(60);
  setup.drain = seconds(8);
  setup.bandwidth = "2 Mbit/s";
  setup.params = std::string("sync = \"") + choice.sync +
                 "\", request_timeout = \"500 ms\", settlement_depth = 20, sync_window = 20, "
                 "sync_in_flight = 4, state_chunk = \"512 B\"";
  setup.extra = faults;
  return setup;
}

std::string told(const RunResult& result) {
  std::string out;
  for (const Finding& f : result.violations) out += f.checker + ": " + f.text + "\n";
  for (const Finding& f : result.outcomes) out += "outside: " + f.checker + ": " + f.text + "\n";
  return out;
}
double metric(const RunResult& result, const std::string& name) {
  for (const Metric& m : result.metrics) {
    if (m.name == name) return m.value;
  }
  return -1;
}

class Sync : public ::testing::TestWithParam<Choice> {};

TEST_P(Sync, whoever_joins_late_comes_up) {
  const std::vector<std::string> troubles = {
      crash(5, 0, 35), crash(5, 0, 35) + cut(5, 35'200, 37'000),
      crash(5, 0, 35) + cut(5, 35'020, 35'900) + crash(4, 36, 38),
      crash(5, 0, 30) + crash(4, 0, 36), crash(1, 20, 22) + crash(5, 0, 35),
      // Its neighbours' archives begin above what it asks for, but for one.
      crash(1, 20, 21) + crash(2, 22, 23) + crash(3, 24, 25) + crash(5, 0, 35)};
  for (std::size_t i = 0; i < troubles.size(); ++i) {
    const Plan plan = world(GetParam(), troubles[i]).plan(i + 1);
    const RunResult result = run_system(plan, plan.systems.front());
    EXPECT_EQ(told(result), "") << i;
    EXPECT_GT(metric(result, "catch_up_s"), 0) << i;
    EXPECT_GT(metric(result, "catch_up_bytes"), 0) << i;
  }
}

TEST_P(Sync, the_trace_does_not_know_how_it_was_computed) {
  const Plan plan = world(GetParam(), crash(5, 0, 35)).plan(7);
  const RunResult shared = run_system(plan, plan.systems.front());
  RunOptions alone;
  alone.share_results = false;
  EXPECT_EQ(run_system(plan, plan.systems.front(), alone).trace_hash, shared.trace_hash);
  RunOptions in_turn;
  in_turn.eager = false;
  EXPECT_EQ(run_system(plan, plan.systems.front(), in_turn).trace_hash, shared.trace_hash);
}

TEST_P(Sync, crashes_while_it_catches_up_are_borne) {
  // Down again at every moment of the first second and a half.
  for (int after_ms = 50; after_ms <= 1'500; after_ms += 145) {
    const std::string again = "[[faults]]\nkind = \"crash\"\nnode = 5\nat = \"" +
                              std::to_string(35'000 + after_ms) + " ms\"\nfor = \"1 s\"\n";
    const Plan plan = world(GetParam(), crash(5, 0, 35) + again).plan(3);
    const RunResult result = run_system(plan, plan.systems.front());
    EXPECT_EQ(told(result), "") << after_ms;
    EXPECT_GT(metric(result, "catch_up_s"), 0) << after_ms;
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Sync,
                         ::testing::Values(Choice{"pow", "full"}, Choice{"pow", "headers"},
                                           Choice{"pow", "snapshot"}, Choice{"praos", "full"},
                                           Choice{"praos", "headers"}));

TEST(SyncModes, a_snapshot_takes_fewer_bytes_than_all_blocks) {
  double bytes[3];
  const char* modes[] = {"full", "headers", "snapshot"};
  for (int i = 0; i < 3; ++i) {
    const Plan plan = world({"pow", modes[i]}, crash(5, 0, 35)).plan(1);
    bytes[i] = metric(run_system(plan, plan.systems.front()), "catch_up_bytes");
  }
  EXPECT_LT(bytes[2], bytes[0] / 2);
  EXPECT_LT(bytes[2], bytes[1] / 2);
}

TEST(SyncModes, a_snapshot_needs_a_root_to_be_judged_by) {
  const auto refusal = [](const Choice& choice, const std::string& more) -> std::string {
    TestScenario setup = world(choice, "");
    std::string text = setup.text();
    text.insert(text.find("crypto ="), more);
    try {
      load_plan(parse_scenario(text, "sync.toml"), 1);
    } catch (const ScenarioErrors& errors) {
      return errors.what();
    }
    return "";
  };
  EXPECT_NE(refusal({"pow", "snapshot"}, "ledger = \"none\"\n").find("ledger = \"account\""),
            std::string::npos);
  EXPECT_EQ(refusal({"pow", "headers"}, "ledger = \"none\"\n"), "");
  EXPECT_EQ(refusal({"pow", "snapshot"}, "ledger = \"utxo\"\n"), "");
  EXPECT_NE(refusal({"praos", "snapshot"}, "").find("sync = \"headers\""), std::string::npos);
  EXPECT_NE(refusal({"raft", "headers"}, "").find("chained protocols (pow, praos)"),
            std::string::npos);
}

}  // namespace
}  // namespace ledgerlab::contract
