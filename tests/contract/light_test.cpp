// Light clients in whole worlds, on the scenarios that ship: a lying replica does not fool them,
// under proof of work and of stake, on accounts, contracts and coins; clients that believe one
// replica it does fool. And what they are not for is refused with the fix.
#include <gtest/gtest.h>

#include <algorithm>

#include "models/api/registry.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

Plan plan_of(const std::string& scenario, const std::vector<std::string>& settings) {
  const std::string file = std::string(LEDGERLAB_SOURCE_DIR "/scenarios/") + scenario;
  return resolve(load_document(file, settings), builtin_models());
}
RunResult run(const Plan& plan) { return run_system(plan, plan.systems.front()); }
bool has(const std::vector<Finding>& findings, const std::string& checker) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& f) { return f.checker == checker; });
}
double metric(const RunResult& result, const std::string& name) {
  for (const Metric& m : result.metrics) {
    if (m.name == name) return m.value;
  }
  return -1;
}
const std::vector<std::string> shorter{"warm_up=1 min", "duration=8 min"};
std::vector<std::string> with(std::vector<std::string> settings) {
  settings.insert(settings.begin(), shorter.begin(), shorter.end());
  return settings;
}

struct World {
  const char* name;
  const char* scenario;
  std::vector<std::string> settings;
};
void PrintTo(const World& world, std::ostream* out) { *out << world.name; }

class LightClients : public ::testing::TestWithParam<World> {};

TEST_P(LightClients, NoLieIsBelievedAndAllIsDone) {
  const Plan plan = plan_of(GetParam().scenario, GetParam().settings);
  const RunResult result = run(plan);
  for (const auto* findings : {&result.violations, &result.outcomes}) {
    for (const Finding& f : *findings) ADD_FAILURE() << f.checker << ": " << f.text;
  }
  EXPECT_GT(metric(result, "transactions_offered"), 100);
  EXPECT_EQ(metric(result, "transactions_acknowledged"), metric(result, "transactions_offered"));
  EXPECT_GT(metric(result, "client_bytes_received"), 0);
  // What it receives grows with its own transactions, what a full node receives with everybody's.
  if (plan.clients.count >= 12 && plan.systems.front().consensus.info->name == "pow") {
    EXPECT_LT(metric(result, "client_bytes_received"),
              metric(result, "replica_bytes_received") / 2);
  }
}

const std::vector<std::string> light{"clients.model=light"};
const std::vector<std::string> lied_to{
    "clients.model=light", "clients.count=12", "faults=[]",
    R"(behaviours=[{model="false_final", nodes=[0], params={proof="withheld"}}])"};

std::vector<World> worlds() {
  std::vector<World> out{{"pow", "starter/light-client.toml", with({})},
                         {"withheld", "starter/light-client.toml",
                          with({R"(behaviours=[{model="false_final", nodes=[0, 1],)"
                                R"( params={proof="withheld"}}])"})},
                         {"utxo", "starter/utxo-pow.toml", with(light)},
                         {"praos", "starter/praos.toml", with(lied_to)},
                         {"contracts", "starter/erc20-pow.toml", with(light)}};
  return out;
}
INSTANTIATE_TEST_SUITE_P(Worlds, LightClients, ::testing::ValuesIn(worlds()),
                         [](const auto& world) { return std::string(world.param.name); });

TEST(LightClient, ClientsThatBelieveOneReplicaAreFooled) {
  // The twin: within the protocol's fault model, so that what a light client must not do shows.
  const Plan plan = plan_of("starter/light-client.toml", with({"clients.model=open_loop"}));
  const RunResult result = run(plan);
  EXPECT_TRUE(has(result.violations, "durability"));
  const Plan expected = plan_of("faults/pow-false-final.toml", with({}));
  EXPECT_TRUE(has(run(expected).outcomes, "durability"));
}

TEST(LightClient, IsRefusedWhereHeadersProveNothing) {
  const auto problem = [](const char* scenario, std::vector<std::string> settings) -> std::string {
    settings.push_back("clients.model=light");
    try {
      plan_of(scenario, settings);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  };
  for (const char* scenario : {"starter/raft.toml", "starter/pbft.toml"}) {
    const std::string text = problem(scenario, {});
    EXPECT_NE(text.find("clients.model"), std::string::npos) << text;
    EXPECT_NE(text.find("take consensus pow or praos"), std::string::npos) << text;
  }
  const std::string text =
      problem("starter/pow.toml", {"systems.pow.pipeline=execute-order-validate"});
  EXPECT_NE(text.find("order-execute"), std::string::npos) << text;
}

TEST(LightClient, TheCardSaysWhatItVerifies) {
  const Plan plan = plan_of("starter/light-client.toml", {"duration=2 min", "warm_up=10 s"});
  const RunResult result = run(plan);
  EXPECT_TRUE(std::any_of(result.card.begin(), result.card.end(), [](const std::string& line) {
    return line.find("light clients verify") != std::string::npos;
  }));
}

}  // namespace
}  // namespace ledgerlab
