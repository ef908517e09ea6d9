// The verdict of a row, and that estimates know their errors.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "sim/validate/groups.hpp"

namespace ledgerlab::validate {
namespace {

TEST(Verdict, PassesWithinThreeErrorsAndAShareOfTheFigure) {
  const Row row = judge("x", {0.1015, 0.0004, 10'000}, 0.1, {}, 0.002);
  EXPECT_EQ(row.verdict, Verdict::pass);
  EXPECT_DOUBLE_EQ(row.low, 0.1 - 3 * 0.0004 - 0.003 * 0.1);
  EXPECT_DOUBLE_EQ(row.high, 0.1 + 3 * 0.0004 + 0.003 * 0.1);
  EXPECT_EQ(judge("x", {0.1016, 0.0004, 10'000}, 0.1, {}, 0.002).verdict, Verdict::fail);
  EXPECT_EQ(judge("x", {0.0984, 0.0004, 10'000}, 0.1, {}, 0.002).verdict, Verdict::fail);
}

TEST(Verdict, AMissedErrorIsInconclusiveWhateverTheFigure) {
  EXPECT_EQ(judge("x", {0.1, 0.003, 100}, 0.1, {}, 0.002).verdict, Verdict::inconc);
  EXPECT_EQ(judge("x", {0.9, 0.003, 100}, 0.1, {}, 0.002).verdict, Verdict::inconc);
  EXPECT_EQ(judge("x", {0.1, INFINITY, 3}, 0.1, {}, 0.002).verdict, Verdict::inconc);
  EXPECT_EQ(judge("x", {0, 0, 0}, 0, {0, 0, 0}, 0).verdict, Verdict::inconc);  // nothing ran
}

TEST(Verdict, ADeterministicRowIsExact) {
  EXPECT_EQ(judge("x", {24, 0, 50}, 24, {0, 0, 0}, 0).verdict, Verdict::pass);
  EXPECT_EQ(judge("x", {24.0000001, 0, 50}, 24, {0, 0, 0}, 0).verdict, Verdict::fail);
  EXPECT_EQ(judge("x", {0, 0, 50}, 0, {0, 0, 0}, 0).verdict, Verdict::pass);
}

TEST(Verdict, TheWorstRowDecides) {
  Row pass, inconc, fail;
  pass.verdict = Verdict::pass;
  inconc.verdict = Verdict::inconc;
  fail.verdict = Verdict::fail;
  EXPECT_EQ(worst({pass, pass}), Verdict::pass);
  EXPECT_EQ(worst({pass, inconc}), Verdict::inconc);
  EXPECT_EQ(worst({fail, inconc, pass}), Verdict::fail);
  EXPECT_EQ(worst({}), Verdict::inconc);
}

TEST(Estimate, AProportionWithoutSuccessIsNotCertain) {
  Proportion p;
  p.add(0, 1'000);
  EXPECT_EQ(p.estimate().value, 0);
  EXPECT_NEAR(p.estimate().se, 0.001, 0.0001);
}

/// Repeats an experiment: the spread of the estimates has to be the error they claim.
template <class E, class Feed>
void expect_honest_error(double truth, Feed feed) {
  std::mt19937_64 random(7);
  double claimed = 0, squares = 0;
  constexpr int repeats = 400;
  for (int i = 0; i < repeats; ++i) {
    E estimator;
    feed(estimator, random);
    const Estimate e = estimator.estimate();
    claimed += e.se / repeats;
    squares += (e.value - truth) * (e.value - truth) / repeats;
  }
  EXPECT_NEAR(claimed / std::sqrt(squares), 1, 0.15);
}

TEST(Estimate, ErrorsAreHonest) {
  expect_honest_error<Proportion>(0.2, [](Proportion& p, auto& random) {
    for (int i = 0; i < 500; ++i) p.add(std::bernoulli_distribution(0.2)(random));
  });
  expect_honest_error<Mean>(3, [](Mean& m, auto& random) {
    for (int i = 0; i < 200; ++i) m.add(std::exponential_distribution<double>(1 / 3.0)(random));
  });
  expect_honest_error<Deviation>(2, [](Deviation& d, auto& random) {
    for (int i = 0; i < 300; ++i) d.add(std::normal_distribution<double>(5, 2)(random));
  });
  expect_honest_error<Ratio>(0.5, [](Ratio& r, auto& random) {
    for (int i = 0; i < 60; ++i) {
      const double b = std::uniform_real_distribution<double>(5, 15)(random);
      r.add(std::normal_distribution<double>(b / 2, 2)(random), b);
    }
  });
}

TEST(Targets, TakeNoUnknownKeysAndNoValuesOutsideTheirRange) {
  for (const Target& target : targets()) {
    EXPECT_NO_THROW(resolve_params(target, {})) << target.id;
    EXPECT_THROW(resolve_params(target, {"no_such_key=1"}), BadParameter) << target.id;
    for (const ParamInfo& info : target.params) {
      EXPECT_THROW(resolve_params(target, {info.key}), BadParameter) << target.id;
      EXPECT_THROW(resolve_params(target, {info.key + "=nonsense"}), BadParameter)
          << target.id << " " << info.key;
    }
  }
  EXPECT_EQ(find_target("w6"), find_target("W6"));
  EXPECT_EQ(find_target("W66"), nullptr);
  const Params params = resolve_params(*find_target("W6"), {"D=2", "T=20 s"});
  EXPECT_EQ(params.duration("D"), seconds(2));
  EXPECT_EQ(params.duration("T"), seconds(20));
}

}  // namespace
}  // namespace ledgerlab::validate
