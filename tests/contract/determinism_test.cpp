// Contract: one plan, one trace hash (DESIGN 13.6): repeated, with nodes running ahead of the event
// queue or not, with execution results shared or not, with a full trace taken or not. And no two
// seeds give the same run, so the hash does see what happens.
#include <set>

#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

class Determinism : public ::testing::TestWithParam<const ModelInfo*> {
 protected:
  /// Faults of every kind are part of what must repeat.
  static TestScenario setup(bool real_crypto = false) {
    TestScenario s;
    s.protocol = GetParam();
    s.real_crypto = real_crypto;
    s.duration = seconds(4);
    s.drain = seconds(1);
    s.extra =
        "[swarm]\nuntil = \"3 s\"\nevery = \"300 ms\"\nlasting = \"400 ms\"\ndelay = \"50 ms\"\n";
    return s;
  }
};

struct EverySink final : Sink {
  std::uint64_t events = 0;
  std::uint32_t interest() const override { return ~0u; }
  void on_event(const Event&) override { ++events; }
};

TEST_P(Determinism, TenOfTenRepeats) {
  for (const bool real : {false, true}) {
    std::set<std::string> hashes;
    for (int i = 0; i < 10; ++i) hashes.insert(Ran(setup(real).plan(7)).hash());
    EXPECT_EQ(hashes.size(), 1u) << (real ? "real" : "costed") << " crypto";
  }
}

TEST_P(Determinism, RunningAheadOfTheQueueChangesNothing) {
  BuildOptions slow;
  slow.eager = false;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(Ran(setup().plan(seed)).hash(), Ran(setup().plan(seed), slow).hash()) << seed;
  }
}

TEST_P(Determinism, SharingResultsChangesNothing) {
  BuildOptions alone;
  alone.share_results = false;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    EXPECT_EQ(Ran(setup().plan(seed)).hash(), Ran(setup().plan(seed), alone).hash()) << seed;
  }
}

TEST_P(Determinism, LookingChangesNothing) {
  EverySink sink;
  BuildOptions watched;
  watched.sinks = {&sink};
  watched.record_inputs_of = 1;
  Ran run(setup().plan(3), watched);
  EXPECT_EQ(run.hash(), Ran(setup().plan(3)).hash());
  EXPECT_GE(sink.events, run.world().counted_events());
}

TEST_P(Determinism, AnotherSeedIsAnotherRun) {
  std::set<std::string> hashes;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) hashes.insert(Ran(setup().plan(seed)).hash());
  EXPECT_EQ(hashes.size(), 5u);
}

INSTANTIATE_TEST_SUITE_P(Every, Determinism, ::testing::ValuesIn(protocols()), protocol_name);

}  // namespace
}  // namespace ledgerlab::contract
