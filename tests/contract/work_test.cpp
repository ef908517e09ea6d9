// Contract of protocols that search: a miner that claims work it never found convinces nobody
// (DESIGN 13.4: a Byzantine miner cannot mint work), not even itself.
#include <set>

#include "conformance/purposes/pow/claims_work.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

/// Blocks that some node has had as its head.
struct Heads final : Sink {
  std::set<std::uint64_t> blocks;
  std::uint32_t interest() const override { return event_bit(EventType::head); }
  void on_event(const Event& e) override {
    if (e.b > 0) blocks.insert(e.a);
  }
};

class Work : public ::testing::TestWithParam<const ModelInfo*> {};

TEST_P(Work, ThatWasNotFoundConvincesNobody) {
  if (!GetParam()->uses_hash_power) GTEST_SKIP() << GetParam()->name << " does not search";
  TestScenario scenario;
  scenario.protocol = GetParam();
  scenario.duration = 2 * GetParam()->contract.run;
  Heads heads;
  const auto claims = std::make_shared<std::uint64_t>(0);
  BuildOptions options;
  options.sinks = {&heads};
  options.wrap = [&](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node != 0) return inner;
    return std::make_unique<conformance::ClaimsWork>(std::move(inner), claims);
  };
  Ran run(scenario.plan(3), options);
  std::uint64_t found = 0;
  for (NodeId node = 0; node < scenario.replicas; ++node) found += run.world().found(node);
  EXPECT_GT(*claims, 50u);
  EXPECT_GT(heads.blocks.size(), 5u);
  EXPECT_LE(heads.blocks.size(), found);
}

INSTANTIATE_TEST_SUITE_P(Every, Work, ::testing::ValuesIn(protocols()), protocol_name);

}  // namespace
}  // namespace ledgerlab::contract
