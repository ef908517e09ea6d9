// Unspent outputs under consensus, from the scenarios that ship: all nodes come to one coin set,
// with shared results and without, with costed and with real signatures; under proof of work coins
// come back with the blocks that are reverted.
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
  std::vector<std::string> settings;
  double reorganised = 0;  // at least so many blocks at once, somewhere
};
void PrintTo(const World& world, std::ostream* out) {
  *out << world.scenario << " " << (world.settings.empty() ? "" : world.settings.back());
}

class Utxo : public ::testing::TestWithParam<World> {};

TEST_P(Utxo, all_nodes_come_to_one_coin_set) {
  const Plan plan = plan_of(GetParam().scenario, GetParam().settings);
  const RunResult shared = run_system(plan, plan.systems.front());
  EXPECT_EQ(told(shared), "");
  EXPECT_GT(metric(shared, "transactions_acknowledged"), 100);
  EXPECT_EQ(metric(shared, "transactions_acknowledged"), metric(shared, "transactions_offered"));
  if (GetParam().reorganised > 0) {
    EXPECT_GE(metric(shared, "reorg_depth_max"), GetParam().reorganised);
  }
  RunOptions alone;
  alone.share_results = false;
  EXPECT_EQ(run_system(plan, plan.systems.front(), alone).trace_hash, shared.trace_hash);
}

const std::vector<std::string> real{"duration=3 s", "systems.raft.crypto=real"};
/// Few coins and no leader at first: change is spent before any block has it, and asked for again
/// in any order.
const std::vector<std::string> chains{"duration=6 s", "drain=10 s", "genesis.accounts=8"};
const std::vector<std::string> forks{"duration=12 min", "warm_up=1 min",
                                     "systems.pow.params.block_interval=5 s"};

INSTANTIATE_TEST_SUITE_P(Worlds, Utxo,
                         ::testing::Values(World{"utxo-raft.toml", {"duration=5 s"}},
                                           World{"combined-raft.toml", {"duration=5 s"}},
                                           World{"utxo-raft.toml", chains},
                                           World{"utxo-raft.toml", real},
                                           World{"utxo-pow.toml", forks, 1}));

}  // namespace
}  // namespace ledgerlab
