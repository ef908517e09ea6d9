// Contract: without faults a decision costs the messages its paper says (ModelInfo states the
// formula): proposals, votes and certificates between replicas, counted from the trace. And the
// quorum arithmetic that protocols build on, for every n from 1 to 40.
#include "models/parts/quorum/quorum.hpp"
#include "tests/contract/contract.hpp"

namespace ledgerlab::contract {
namespace {

class MessageCount : public ::testing::TestWithParam<const ModelInfo*> {};

std::uint64_t counted(const WorldStats& stats) {
  std::uint64_t sum = 0;
  for (const Role role : {Role::proposal, Role::vote, Role::certificate}) {
    sum += stats.replica_messages[static_cast<std::size_t>(role)];
  }
  return sum;
}

TEST_P(MessageCount, IsThePapersNumber) {
  const auto formula = GetParam()->contract.messages_per_decision;
  if (formula == nullptr) GTEST_SKIP() << GetParam()->name << " states no exact number";
  for (const std::uint32_t n : {3u, 4u, 5u, 7u, 10u}) {
    TestScenario setup;
    setup.protocol = GetParam();
    setup.replicas = n;
    setup.duration = seconds(6);
    setup.drain = seconds(2);
    Finals finals;
    BuildOptions options;
    options.sinks = {&finals};
    const Plan plan = setup.plan(n);
    BuiltWorld built(plan, plan.systems.front(), options);
    built.world().run_until(plan.end());
    const Height decided = finals.highest();
    ASSERT_GT(decided, 20u) << "n = " << n;
    const std::uint64_t all = counted(built.world().stats());
    // What does not belong to decisions: elections (votes before the first block). A second run
    // without load shows them.
    setup.rate = "0.001 tx/s";
    const Plan idle = setup.plan(n);
    BuiltWorld quiet(idle, idle.systems.front(), {});
    quiet.world().run_until(idle.end());
    EXPECT_EQ(all - counted(quiet.world().stats()), decided * formula(n)) << "n = " << n;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, MessageCount, ::testing::ValuesIn(protocols()), protocol_name);

TEST(QuorumArithmetic, HoldsForOneToForty) {
  for (std::uint32_t n = 1; n <= 40; ++n) {
    const std::uint32_t q = quorum::majority(n);
    const std::uint32_t f = quorum::max_crashed(n);
    EXPECT_GE(quorum::least_overlap(n, q), 1u) << n;      // any two majorities meet
    EXPECT_EQ(quorum::least_overlap(n, q - 1), 0u) << n;  // and no smaller sets must
    EXPECT_GE(n - f, q) << n;                             // with f down a majority is left
    EXPECT_LT(n - f - 1, q) << n;                         // with one more it is not
    const std::uint32_t b = quorum::max_byzantine(n);
    const std::uint32_t bq = quorum::byzantine(n);
    EXPECT_GE(n, 3 * b + 1) << n;
    EXPECT_LT(n, 3 * (b + 1) + 1) << n;
    EXPECT_GE(quorum::least_overlap(n, bq), b + 1) << n;  // they meet in a correct replica
    EXPECT_LE(quorum::least_overlap(n, bq - 1), b) << n;  // and no smaller sets must
    EXPECT_GE(n - b, bq) << n;                            // correct replicas alone make one
  }
}

TEST_P(MessageCount, FaultModelIsWithinItsArithmetic) {
  for (std::uint32_t n = 1; n <= 40; ++n) {
    const FaultModel& model = GetParam()->fault_model;
    EXPECT_LE(model.max_byzantine(n), quorum::max_byzantine(n)) << n;
    EXPECT_LT(model.max_crashed(n), n) << n;
    // Safe under asynchrony: progress needs a majority.
    if (!model.safety_needs_synchrony) {
      EXPECT_LE(model.max_crashed(n), quorum::max_crashed(n)) << n;
    }
  }
}

}  // namespace
}  // namespace ledgerlab::contract
