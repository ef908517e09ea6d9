// Draws against published Philox answers and against testdata/draws.tsv, whose expected values come
// from 80-digit decimal arithmetic (testdata/make_fixed.py), not from the code under test.
#include "models/base/draw.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "models/base/fixed.hpp"

namespace ledgerlab {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Known answers of Random123, kat_vectors, philox4x32 10.
static_assert(philox4x32_10({0, 0, 0, 0}, {0, 0}) ==
              Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox4x32_10({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
              Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                            {0xa4093822, 0x299f31d0}) ==
              Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

std::uint64_t number(const std::string& text) { return std::stoull(text); }
Duration duration(const std::string& text) { return Duration{std::stoll(text)}; }

std::uint64_t evaluate(const std::vector<std::string>& row) {
  const auto count = [](Duration d) { return static_cast<std::uint64_t>(d.count()); };
  if (row[0] == "draw64") {
    return draw64(number(row[1]), static_cast<std::uint32_t>(number(row[2])), Purpose(row[3]),
                  number(row[4]));
  }
  const std::uint64_t u = number(row[1]);
  if (row[0] == "below") return draw_below(u, number(row[2]));
  if (row[0] == "exponential") return count(draw_exponential(u, duration(row[2])));
  if (row[0] == "exponential_ratio") {
    return count(draw_exponential_ratio(u, number(row[2]), number(row[3])));
  }
  if (row[0] == "normal") return count(draw_normal(u, duration(row[2]), duration(row[3])));
  if (row[0] == "pareto") {
    return count(draw_pareto(u, duration(row[2]), static_cast<std::uint32_t>(number(row[3]))));
  }
  if (row[0] == "pow") return fixed::pow_q64(u, number(row[2]));
  ADD_FAILURE() << "unknown function " << row[0];
  return 0;
}

TEST(Draw, GoldenVectors) {
  std::ifstream file(std::string(LEDGERLAB_TESTDATA) + "/draws.tsv");
  ASSERT_TRUE(file);
  std::map<std::string, int> seen;
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> row;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
    const std::uint64_t expected = number(row.back());
    const std::uint64_t got = evaluate(row);
    if (row[0] == "pow") {  // the stated bound, 2^-59
      EXPECT_LE(got > expected ? got - expected : expected - got, 32u) << line;
    } else {
      EXPECT_EQ(got, expected) << line;
    }
    ++seen[row[0]];
  }
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(seen["draw64"], 24);
  EXPECT_EQ(seen["exponential"], 180);
}

TEST(Draw, NodeStreamsDiffer) {
  const Draws first(7, 1, 0), again(7, 1, 0), reborn(7, 1, 1), other(7, 2, 0), world(8, 1, 0);
  const Purpose purpose("raft.election_timeout");
  EXPECT_EQ(first(purpose, 3), again(purpose, 3));
  EXPECT_NE(first(purpose, 3), first(purpose, 4));
  EXPECT_NE(first(purpose, 3), first(Purpose("raft.other"), 3));
  EXPECT_NE(first(purpose, 3), reborn(purpose, 3));
  EXPECT_NE(first(purpose, 3), other(purpose, 3));
  EXPECT_NE(first(purpose, 3), world(purpose, 3));
}

// Means of 100,000 draws lie within five standard errors.
TEST(Draw, Means) {
  const Purpose purpose("test.means");
  constexpr std::int64_t n = 100'000;
  std::int64_t exponential = 0, normal = 0, uniform = 0, hits = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t u = draw64(1, 0, purpose, i);
    exponential += draw_exponential(u, us(1)).count();
    normal += draw_normal(u, us(10), us(1)).count();
    uniform += draw_uniform(u, us(1), us(3)).count();
    hits += draw_ppb(u, 250'000'000) ? 1 : 0;
  }
  EXPECT_NEAR(exponential / n, 1000, 16);
  EXPECT_NEAR(normal / n, 10'000, 16);
  EXPECT_NEAR(uniform / n, 2000, 10);
  EXPECT_NEAR(hits, n / 4, 700);
}

/// Pareto by the long series alone.
std::int64_t pareto_the_long_way(std::uint64_t v, std::int64_t scale, std::uint32_t shape) {
  const Uint128 exponent = ((Uint128{64} << 64) - fixed::log2_q64(v)) * 1000 / shape;
  const auto whole = static_cast<unsigned>(exponent >> 64);
  const Uint128 value = Uint128{static_cast<std::uint64_t>(scale)} *
                        fixed::exp2_q63(static_cast<std::uint64_t>(exponent));
  return static_cast<std::int64_t>(value >> (63 - whole));
}

TEST(Draw, ParetoHasAllBitsOfTheLongWay) {
  const Purpose purpose("test.pareto");
  for (std::uint64_t i = 0; i < 400'000; ++i) {
    const std::uint64_t dice = draw64(2, 0, purpose, i);
    // All sizes of u, from both ends, and of scale and shape.
    std::uint64_t u = draw64(1, 0, purpose, i) >> (i % 3 == 0 ? dice & 63 : 0);
    if (i % 2 == 0) u = ~u;
    const std::uint32_t shape = 1'000 + static_cast<std::uint32_t>(dice >> 32) % 69'000;
    const auto scale = static_cast<std::int64_t>((dice >> 12 & 0xfffff) << i % 22);
    if (u + 1 == 0 || (scale > 1 << 20 && u < 1 << 16)) continue;
    const std::int64_t value = draw_pareto(u, Duration{scale}, shape).count();
    if (value == Duration::max().count()) continue;
    ASSERT_EQ(value, pareto_the_long_way(u + 1, scale, shape)) << u << " " << scale << " " << shape;
  }
}

TEST(Draw, UniformKeepsItsEnds) {
  EXPECT_EQ(draw_uniform(0, ms(150), ms(300)), ms(150));
  EXPECT_EQ(draw_uniform(~0ull, ms(150), ms(300)), ms(300));
  EXPECT_EQ(draw_uniform(123, ms(5), ms(5)), ms(5));
}

TEST(Fixed, LogIsMonotone) {
  std::uint64_t last = ~0ull;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t value = fixed::neg_ln_q58(1 + i * (~0ull / 20'000));
    EXPECT_LE(value, last);
    last = value;
  }
  EXPECT_EQ(fixed::neg_ln_q58(0), 0u);
  EXPECT_EQ(fixed::log2_q64(1ull << 40), Uint128{40} << 64);
}

TEST(Fixed, SquareRoot) {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t x = draw64(2, 0, Purpose("root"), i);
    EXPECT_EQ(fixed::square_root(Uint128{x} * x), x);
    EXPECT_EQ(fixed::square_root(Uint128{x} * x + x), x);
  }
}

}  // namespace
}  // namespace ledgerlab
