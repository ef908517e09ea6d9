// Targets of `ledgerlab validate` in so many worlds that their errors are small enough: seeds are
// fixed, so the verdicts are too. And what must not pass: a simulation that differs from its closed
// form, a figure whose error is too large.
#include <gtest/gtest.h>

#include "sim/validate/closed_forms.hpp"
#include "sim/validate/pow_worlds.hpp"
#include "sim/validate/render.hpp"
#include "sim/validate/wan_oracle.hpp"

namespace ledgerlab::validate {
namespace {

Outcome run(const std::string& id, const std::vector<std::string>& settings, std::uint64_t worlds,
            double budget_s = 1e6) {
  const Target& target = *find_target(id);
  Effort effort;
  effort.worlds = worlds;
  effort.budget_s = budget_s;
  return run_target(target, resolve_params(target, settings), effort);
}

void expect_pass(const Outcome& outcome) {
  EXPECT_EQ(verdict_name(outcome.verdict), "pass") << outcome_table(outcome);
}

TEST(Exact, CalculatorCountsAndCommitTimes) {
  expect_pass(run("W1", {}, 1));
  expect_pass(run("W1", {"q=0.42", "z=77"}, 1));
  for (const char* protocol : {"protocol=pbft", "protocol=raft"}) {
    for (const char* n : {"n=4", "n=5", "n=7", "n=10"}) expect_pass(run("counts", {protocol, n}, 1));
    for (const char* leader : {"leader=na", "leader=jp"}) {
      expect_pass(run("B1", {protocol, leader}, 1));
    }
    expect_pass(run("B1", {protocol, "latencies=0 5 9 2; 6 0 3 4; 7 7 0 1; 2 11 5 0"}, 1));
    expect_pass(run("B1", {protocol, "latencies=aws-21: us-east-1 eu-north-1 ap-southeast-2 "
                                     "us-west-1 ap-northeast-1 eu-west-1 sa-east-1",
                           "leader=3"},
                    1));
    expect_pass(run("F3", {protocol}, 1));
    expect_pass(run("F1", {protocol}, 1));
  }
  expect_pass(run("B2", {}, 4));
}

// TARGETS.md section 4, from SimBlock's regions read one way.
TEST(Exact, TheOracleGivesThePublishedFigures) {
  const Matrix latency = {{Duration{}, ms(124), ms(198), ms(151)},
                          {ms(124), Duration{}, ms(237), ms(252)},
                          {ms(198), ms(237), Duration{}, ms(58)},
                          {ms(151), ms(252), ms(58), Duration{}}};
  EXPECT_EQ(raft_commit(latency, 0), ms(302));
  EXPECT_EQ(raft_commit(latency, 1), ms(474));
  EXPECT_EQ(pbft_commits(latency, 0), (std::vector<Duration>{ms(407), ms(446), ms(500), ms(453)}));
  const auto eu = pbft_commits(latency, 1);
  EXPECT_EQ(eu, (std::vector<Duration>{ms(508), ms(527), ms(601), ms(554)}));
}

TEST(Statistical, ClosedFormsHold) {
  expect_pass(run("W6", {}, 16));
  expect_pass(run("W6", {"D=3 s", "T=4 s"}, 16));
  expect_pass(run("W7", {"p=0.15"}, 40));
  expect_pass(run("W8", {"miners=5"}, 10));
  expect_pass(run("W13", {}, 120));
  expect_pass(run("W15", {}, 60));
  expect_pass(run("W15", {"lambda_tau=60", "split=80/20"}, 190));
  expect_pass(run("S2", {}, 8));
  expect_pass(run("S2", {"f=0.3", "stakes=7,2,1"}, 8));
}

TEST(Statistical, AttacksSucceedAsOftenAsTheirClosedFormsSay) {
  expect_pass(run("W2", {"n=1"}, 12));
  expect_pass(run("W3", {"alpha=.4"}, 1));
  expect_pass(run("W3", {"alpha=0.35", "gamma=0.5"}, 1));
  expect_pass(run("W4", {"alpha=0.35"}, 1));
  expect_pass(run("W14", {"miners=20"}, 40));
}

TEST(Statistical, NineMinersAsPublishedAndTheirTwin) {
  expect_pass(run("W9", {}, 12));
  expect_pass(run("W10", {}, 8));
  // The selfish miner of the paper is another one, and that shows.
  EXPECT_EQ(run("W10", {"race=publish"}, 8).verdict, Verdict::fail);
}

TEST(Statistical, ElectionsAreSplitAndLastAsTheFormulaSays) {
  expect_pass(run("elections", {"servers=7", "alive=6"}, 30));
}

TEST(Statistical, AMissedErrorIsNoPassAndTheSameWorldsGiveTheSameHash) {
  const Outcome short_one = run("W6", {}, 2);
  EXPECT_EQ(short_one.verdict, Verdict::inconc);
  const Outcome again = run("W6", {}, 2);
  EXPECT_EQ(short_one.trace_hash, again.trace_hash);
  EXPECT_EQ(short_one.plan_digest, again.plan_digest);
  EXPECT_EQ(short_one.rows[0].value, again.rows[0].value);
  EXPECT_EQ(short_one.reproduce, "ledgerlab validate W6 --seed 1 --worlds 2");
  EXPECT_NE(run("W6", {"D=2 s"}, 2).trace_hash, again.trace_hash);
  EXPECT_EQ(run("W6", {}, 0, 1e-9).verdict, Verdict::inconc) << "a budget for one world";
}

TEST(Statistical, EpidemicsSpreadAsTheirClosedFormsSay) {
  expect_pass(run("G1", {"n=16"}, 1));
  expect_pass(run("G1", {"n=300"}, 2));
  expect_pass(run("G2", {"c=2", "n=2000"}, 3));
  expect_pass(run("G2", {"c=2.5", "n=2000"}, 3));
  expect_pass(run("G3", {"c=0.5", "n=200"}, 4));
}

/// The verdict on the first row's figure of one target where another figure was to be expected.
Verdict judged_for(const Outcome& outcome, double expected) {
  const Row& row = outcome.rows.at(0);
  return judge("twin", {row.value, row.se, row.n}, expected, {}, 0.03 * expected).verdict;
}

/// The verdict of W6's expectation on worlds that were built otherwise.
Verdict judged_as_w6(const PowWorld& spec) {
  Ratio stale;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Plan plan = make_plan(spec.setup(), seed);
    BlockFold blocks;
    BuildOptions options;
    options.sinks = {&blocks};
    BuiltWorld built(plan, plan.systems.front(), options);
    built.world().run_until(plan.end());
    add_stale_batches(blocks, stale);
  }
  const double expected = stale_equal_miners(2, 0.2);
  return judge("twin", stale.estimate(), expected, {}, 0.02 * expected).verdict;
}

TEST(Twins, ADoubledDelayAndOtherSharesAreCaught) {
  PowWorld spec;
  spec.interval = seconds(5);
  spec.latency = seconds(1);
  EXPECT_EQ(judged_as_w6(spec), Verdict::pass);
  PowWorld slow = spec;
  slow.latency = seconds(2);
  EXPECT_EQ(judged_as_w6(slow), Verdict::fail);
  PowWorld uneven = spec;
  uneven.shares = {1, 3};
  EXPECT_EQ(judged_as_w6(uneven), Verdict::fail);
}

TEST(Twins, AnotherAttackerIsCaught) {
  const Outcome double_spends = run("W2", {"n=1"}, 12);
  EXPECT_EQ(judged_for(double_spends, double_spend(0.3, 1)), Verdict::pass);
  EXPECT_EQ(judged_for(double_spends, double_spend(0.27, 1)), Verdict::fail);
  EXPECT_EQ(judged_for(double_spends, double_spend(0.3, 2)), Verdict::fail);
  EXPECT_EQ(judged_for(double_spends, nakamoto_risk(0.3, 1)), Verdict::fail)
      << "the paper's Poisson formula is another attack";
  EXPECT_EQ(judged_for(run("W3", {"alpha=0.4"}, 1), selfish_revenue(0.4, 0.5)), Verdict::fail);
  EXPECT_EQ(judged_for(run("W4", {"alpha=0.35"}, 1), selfish_orphans(0.3, 0)), Verdict::fail);
  const Outcome race = run("W14", {"miners=20"}, 40);
  EXPECT_EQ(judged_for(race, private_attack_threshold(0.5)), Verdict::fail);
  EXPECT_EQ(judged_for(race, private_attack_threshold(2)), Verdict::fail);
}

TEST(Twins, AnotherFanoutAndAnotherNumberOfNodesAreCaught) {
  const Outcome rounds = run("G1", {"n=100"}, 1);
  EXPECT_EQ(judged_for(rounds, push_mean_rounds(100)), Verdict::pass);
  EXPECT_EQ(judged_for(rounds, push_mean_rounds(110)), Verdict::fail);
  const Outcome reach = run("G2", {"c=2", "n=2000"}, 3);
  EXPECT_EQ(judged_for(reach, infect_and_die_reach(2)), Verdict::pass);
  EXPECT_EQ(judged_for(reach, infect_and_die_reach(2.1)), Verdict::fail);
  const Outcome all = run("G3", {"c=0.5", "n=200"}, 4);
  EXPECT_EQ(judged_for(all, nobody_missed(200, 0.5)), Verdict::pass);
  EXPECT_EQ(judged_for(all, nobody_missed(200, 0.8)), Verdict::fail);
}

// Who publishes at once has the share of the chain that it has of the power.
TEST(Twins, AMinerThatPublishesAtOnceIsNotSelfish) {
  PowWorld spec;
  spec.shares = {400'000, 600'000};
  spec.latency = us(1);
  spec.blocks = 10'000;
  const Plan plan = make_plan(spec.setup(), 1);
  BlockFold blocks;
  BuildOptions options;
  options.sinks = {&blocks};
  BuiltWorld built(plan, plan.systems.front(), options);
  built.world().run_until(plan.end());
  Proportion own;
  for (const BlockFold::Entry& entry : blocks.blocks()) own.add(entry.maker == 0);
  const auto verdict = [&](double expected) {
    return judge("twin", own.estimate(), expected, {}, 0.02 * expected).verdict;
  };
  EXPECT_EQ(verdict(0.4), Verdict::pass);
  EXPECT_EQ(verdict(selfish_revenue(0.4, 0)), Verdict::fail);
}

TEST(Twins, ElectionsWithinAnotherRangeOfTimeoutsAreCaught) {
  const std::vector<std::string> servers = {"servers=7", "alive=6"};
  std::vector<std::string> wider = servers;
  wider.push_back("timeout_ms_max=400");
  const Outcome here = run("elections", servers, 4);
  const Outcome there = run("elections", wider, 4);
  for (std::size_t row = 1; row < here.rows.size(); ++row) {  // splits are too rare for four worlds
    EXPECT_EQ(here.rows[row].verdict, Verdict::pass);
    EXPECT_TRUE(there.rows[row].value > here.rows[row].high) << here.rows[row].name;
  }
}

// Which of two equal chains a miner keeps changes who loses, not how many.
TEST(Twins, DrawnTiesWasteAsMuchAsFirstSeenOnes) {
  PowWorld drawn;
  drawn.interval = seconds(5);
  drawn.latency = seconds(1);
  drawn.params = ", tie_rule = \"drawn\"";
  EXPECT_EQ(judged_as_w6(drawn), Verdict::pass);
}

}  // namespace
}  // namespace ledgerlab::validate
