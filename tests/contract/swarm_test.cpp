// Contract: under seeded random faults of every kind that the protocol's fault model bears, no
// checker finds a violation, and after all has healed a decision comes within the stated bound
// (DESIGN 13.8). A failure prints the one line that replays it.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "sim/run/run.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

class Swarm : public ::testing::TestWithParam<const ModelInfo*> {};

TestScenario swarm_setup(const ModelInfo& protocol, std::uint64_t seed) {
  TestScenario setup;
  setup.protocol = &protocol;
  setup.for_swarm = true;
  setup.replicas = 3 + static_cast<std::uint32_t>(seed % 5);
  setup.disk_sync = seed % 3 == 0 ? "50 ms" : seed % 3 == 1 ? "1 ms" : "0 s";
  setup.real_crypto = seed % 25 == 0;
  setup.rate = "15 tx/s";
  // Faults in the first third; then the load goes on for as long as the bound allows.
  const Duration faults = 2 * protocol.contract.run;
  const Params params = setup.plan(seed).systems.front().consensus.params;
  const auto bound_of = protocol.fault_model.liveness_bound;
  const Duration bound =
      bound_of ? bound_of(params, ms(15), setup.replicas) : protocol.contract.run;
  setup.duration = faults + bound + seconds(1);
  setup.drain = seconds(2);
  const std::string& kinds = protocol.contract.swarm_kinds;
  setup.extra = "[swarm]\n" + (kinds.empty() ? "" : "kinds = [" + kinds + "]\n") +
                "until = " + written(faults) + "\nevery = " + written(faults / 12) +
                "\nlasting = " + written(faults / 10) +
                "\nloss = \"20 %\"\ndelay = \"300 ms\"\nslow = 20\nclock_offset = \"2 s\"\n" +
                "drift = \"1000 ppm\"\ndisk_sync = \"80 ms\"\nduplicate = \"30 %\"\n" +
                "reorder = \"30 %\"\nreorder_by = \"300 ms\"\n";
  if (protocol.fault_model.max_byzantine(setup.replicas) > 0) {
    std::string behaviours;
    for (const ModelInfo* behaviour : behaviours_of(protocol)) {
      behaviours += (behaviours.empty() ? "\"" : ", \"") + behaviour->name + "\"";
    }
    setup.extra += "behaviours = [" + behaviours + "]\n";
  }
  return setup;
}

/// The scenario as a file, and the line that runs it again.
std::string reproduction(const TestScenario& setup, const std::string& name, std::uint64_t seed) {
  const std::filesystem::path folder = std::filesystem::path(LEDGERLAB_BINARY_DIR) / "swarm";
  std::filesystem::create_directories(folder);
  const std::filesystem::path file = folder / (name + "-" + std::to_string(seed) + ".toml");
  std::ofstream(file) << setup.text();
  return "./lab run " + file.string() + " --seed " + std::to_string(seed);
}

TEST_P(Swarm, SafeUnderFaultsAndLiveAfterHealing) {
  const std::uint64_t seeds = repetitions("LEDGERLAB_SWARM_SEEDS", 100, 2000);
  std::uint64_t faults = 0;
  std::uint64_t failed = 0;
  std::uint64_t blocks = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const TestScenario setup = swarm_setup(*GetParam(), seed);
    const Plan plan = setup.plan(seed);
    std::string wrong;
    try {
      const RunResult result = run_system(plan, plan.systems.front());
      for (const Finding& f : result.violations) {
        wrong += "\n  " + f.checker + ": " + f.text + " (at " + written(f.at - time_start) + ")";
      }
      for (const Finding& f : result.outcomes) {
        wrong += "\n  " + f.checker +
                 " outside the fault model, which the swarm must not leave: " + f.text;
      }
      if (result.inconclusive) wrong += "\n  the run ended before liveness could be judged";
      faults += result.faults.size();
      for (const BlockRow& row : result.blocks) blocks += row.final != time_never;
    } catch (const std::exception& error) {
      wrong += std::string("\n  ") + error.what();
    }
    if (wrong.empty()) continue;
    ADD_FAILURE() << "seed " << seed << ":" << wrong
                  << "\n  again: " << reproduction(setup, GetParam()->name, seed);
    if (++failed == 5) break;
  }
  EXPECT_GT(faults, seeds) << "the swarm draws too few faults to mean anything";
  EXPECT_GT(blocks, seeds) << "hardly anything was decided";
  std::cout << GetParam()->label() << ": " << seeds << " seeds, " << faults << " faults, " << blocks
            << " final blocks, " << failed << " failures\n";
}

INSTANTIATE_TEST_SUITE_P(Every, Swarm, ::testing::ValuesIn(protocols()), protocol_name);

}  // namespace
}  // namespace ledgerlab::contract
