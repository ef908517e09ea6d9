// Contracts under consensus, from the scenarios that ship: all nodes come to one state, with shared
// results and without, and an engine that gives two answers is caught.
#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

Plan plan_of(const std::string& scenario, const std::vector<std::string>& settings) {
  const std::string file = std::string(LEDGERLAB_SOURCE_DIR "/scenarios/starter/") + scenario;
  return resolve(load_document(file, settings), builtin_models());
}

const std::vector<std::string> briefly{"duration=8 s", "warm_up=1 s", "drain=5 s"};
const std::vector<std::string> by_name{"duration=8 s", "warm_up=1 s", "drain=5 s",
                                       "workload.rate=30 tx/s",
                                       "systems.0.contract_params={lifecycle=true}"};
const std::vector<std::string> an_hour_less{"duration=8 min", "warm_up=1 min", "drain=6 min",
                                            "workload.rate=1 tx/s"};

std::string told(const RunResult& result) {
  std::string out;
  for (const Finding& f : result.violations) out += f.checker + ": " + f.text + "\n";
  return out;
}
double metric(const RunResult& result, const std::string& name) {
  for (const Metric& m : result.metrics) {
    if (m.name == name) return m.value;
  }
  return -1;
}

struct World {
  const char* scenario;
  const std::vector<std::string>* settings;
  const char* job;
};
void PrintTo(const World& world, std::ostream* out) { *out << world.scenario << " " << world.job; }

class Engines : public ::testing::TestWithParam<World> {};

TEST_P(Engines, all_nodes_come_to_one_state) {
  std::vector<std::string> settings = *GetParam().settings;
  settings.push_back(std::string("workload.job=") + GetParam().job);
  const Plan plan = plan_of(GetParam().scenario, settings);
  const RunResult shared = run_system(plan, plan.systems.front());
  EXPECT_EQ(told(shared), "");
  EXPECT_GT(metric(shared, "transactions_acknowledged"), 100);
  EXPECT_EQ(metric(shared, "transactions_acknowledged"), metric(shared, "transactions_offered"));
  // Every node for itself: the same history, to the last event.
  RunOptions alone;
  alone.share_results = false;
  EXPECT_EQ(run_system(plan, plan.systems.front(), alone).trace_hash, shared.trace_hash);
}

INSTANTIATE_TEST_SUITE_P(Worlds, Engines,
                         ::testing::Values(World{"erc20-pbft.toml", &briefly, "token"},
                                           World{"erc20-pbft.toml", &briefly, "registry"},
                                           World{"erc20-pbft.toml", &briefly, "escrow"},
                                           World{"erc20-pbft.toml", &briefly, "heavy"},
                                           World{"erc20-pbft.toml", &briefly, "deploy"},
                                           World{"erc20-pbft.toml", &by_name, "token"},
                                           World{"erc20-pbft.toml", &by_name, "lifecycle"},
                                           World{"erc20-pow.toml", &an_hour_less, "token"}));

/// The EVM, but what it writes differs from run to run; it says so.
class Fickle final : public ContractEngine {
 public:
  Fickle() : inner_(builtin_models().find(ModelKind::contract, "evm")->make_contract_engine({})) {}
  std::string_view name() const override { return "fickle"; }
  bool deterministic() const override { return false; }
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override {
    if (message.kind == CallKind::call) {
      host.set_storage(message.recipient, U256(1'000'000), U256(++frames_));
    }
    return inner_->execute(host, revision, message, code);
  }

 private:
  std::unique_ptr<ContractEngine> inner_;
  std::uint64_t frames_ = 0;
};

TEST(EngineTwin, an_engine_with_two_answers_is_caught) {
  Plan plan = plan_of("erc20-pbft.toml", briefly);
  ModelInfo fickle = *plan.systems.front().contract.info;
  fickle.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
    return std::make_unique<Fickle>();
  };
  plan.systems.front().contract.info = &fickle;
  const std::string text = told(run_system(plan, plan.systems.front()));
  EXPECT_NE(text.find("agreement"), std::string::npos) << text;
}

}  // namespace
}  // namespace ledgerlab
