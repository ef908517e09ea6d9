// Contract: every replica in turn is crashed and restarted, with and without load going on; in the
// end it holds the same final history as the others and goes on with them.
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

class CrashRestart : public ::testing::TestWithParam<const ModelInfo*> {};

TEST_P(CrashRestart, EveryReplicaCatchesUp) {
  for (NodeId victim = 0; victim < 5; ++victim) {
    SCOPED_TRACE("victim " + std::to_string(victim));
    TestScenario setup;
    setup.protocol = GetParam();
    setup.replicas = 5;
    const Duration run = GetParam()->contract.run;
    setup.duration = 4 * run;
    setup.drain = run;
    setup.extra = "[[faults]]\nkind = \"crash\"\nat = " + written(run) +
                  "\nuntil = " + written(2 * run) + "\nnode = " + std::to_string(victim) + "\n";
    Finals finals;
    BuildOptions options;
    options.sinks = {&finals};
    Ran run_of(setup.plan(20 + victim), options);
    EXPECT_EQ(finals.disagreement(), "");
    const Time grace{3 * run};  // a run's length to come back, and half of one to hear the latest
    const Time end{4 * run + run / 2};
    EXPECT_GT(finals.highest(Time{run}), 0u) << "nothing decided before the crash";
    EXPECT_GE(finals.height(victim, end), finals.highest(grace));
    EXPECT_GT(finals.highest(end), finals.highest(Time{2 * run})) << "no progress after it";
    for (NodeId node = 0; node < 5; ++node) {
      EXPECT_GE(finals.height(node, end), finals.highest(grace)) << "node " << node;
    }
  }
}

TEST_P(CrashRestart, AllAtOnceKeepWhatWasFinal) {
  TestScenario setup;
  setup.protocol = GetParam();
  setup.duration = 4 * GetParam()->contract.run;
  setup.drain = GetParam()->contract.run;
  const Duration at = GetParam()->contract.run;
  setup.extra = "[[faults]]\nkind = \"crash\"\nat = " + written(at) +
                "\nfor = \"1 s\"\nnodes = [0, 1, 2, 3]\n";
  Finals finals;
  BuildOptions options;
  options.sinks = {&finals};
  Ran run(setup.plan(31), options);
  EXPECT_EQ(finals.disagreement(), "");
  EXPECT_GT(finals.highest(Time{at}), 0u);
  EXPECT_GT(finals.highest(), finals.highest(Time{at})) << "no progress after all had been down";
}

INSTANTIATE_TEST_SUITE_P(Every, CrashRestart, ::testing::ValuesIn(protocols()), protocol_name);

}  // namespace
}  // namespace ledgerlab::contract
